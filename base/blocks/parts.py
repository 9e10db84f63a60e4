"""Parts of content, and lists of them, whose forms are drawn when somebody opens them.

A list of parts begins folded. Drawing all fields of all parts regardless would keep whoever opens
a large catalogue from typing for seconds, so the browser draws a part once it is opened
(`parts.js`). The server reads the same form either way.

A part's key is made of what the part is called, in the browser as soon as that is typed
(`keys.js`), so that others can refer to it; here for what came without one.
"""

from collections.abc import Iterable

from django import forms
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register as register_for_browser
from wagtail.blocks.list_block import ListBlockAdapter
from wagtail.blocks.stream_block import StreamBlockAdapter
from wagtail.blocks.struct_block import StructBlockAdapter

from base.shape import KEY
from base.short_names import free, short_name

LONGEST_KEY = 60


class PartBlock(blocks.StructBlock):
    """A part of content; its form folds away the fields that are seldom filled in (`aside`).

    `key_from`: the fields of which its key is made; empty where it has none.
    """

    def __init__(self, children=None, *, aside=(), key_from=(), **kwargs):
        self.aside = list(aside)
        self.key_from = list(key_from)
        super().__init__(children, **kwargs)

    def key_of(self, part) -> str:
        """Return what the key of a part could be."""
        texts = (short_name(part.get(name) or "", LONGEST_KEY) for name in self.key_from)
        return next(filter(None, texts), "") or short_name(str(self.label), LONGEST_KEY)

    def get_form_layout(self) -> blocks.BlockGroup:
        shown = [name for name in self.child_blocks if name not in self.aside]
        return blocks.BlockGroup(shown, settings=self.aside)


def _give_keys(parts: Iterable[tuple[blocks.Block, dict]]) -> None:
    """Give parts of one list that have no key one that none of the others has."""
    keyed = [(block, part) for block, part in parts if getattr(block, "key_from", None)]
    taken = {part.get(KEY) for _block, part in keyed}
    for block, part in keyed:
        if not part.get(KEY):
            part[KEY] = free(block.key_of(part), taken)
            taken.add(part[KEY])


class PartList(blocks.ListBlock):
    """Items of one kind inside a part."""

    def clean(self, value):
        """Return the list as it is stored: each part has a key."""
        cleaned = super().clean(value)
        _give_keys((self.child_block, part) for part in cleaned)
        return cleaned


class PartStream(blocks.StreamBlock):
    """Parts of a draft, or parts of several kinds inside a part."""

    def clean(self, value):
        """Return the stream as it is stored: each part has a key."""
        cleaned = super().clean(value)
        _give_keys((child.block, child.value) for child in cleaned)
        return cleaned


class _DrawnWhenOpened:
    """Lets the browser make a block's form by `parts.js`."""

    @cached_property
    def media(self):
        own = (f"base/studio/{name}.js" for name in ("draft_changes", "keys", "parts"))
        return super().media + forms.Media(js=[*map(versioned_static, own)])


class _NotYetComplete(_DrawnWhenOpened):
    """Lets a list be short of parts while it is written; publishing says what is missing."""

    def js_args(self, block):
        *arguments, meta = super().js_args(block)
        return [*arguments, meta | {"minNum": None}]


class _PartAdapter(_DrawnWhenOpened, StructBlockAdapter):
    js_constructor = "fallwerk.Part"


class _PartListAdapter(_NotYetComplete, ListBlockAdapter):
    js_constructor = "fallwerk.PartList"


class _PartStreamAdapter(_NotYetComplete, StreamBlockAdapter):
    js_constructor = "fallwerk.PartStream"


register_for_browser(_PartAdapter(), PartBlock)
register_for_browser(_PartListAdapter(), PartList)
register_for_browser(_PartStreamAdapter(), PartStream)
