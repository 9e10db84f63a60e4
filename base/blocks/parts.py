"""Parts of content, and lists of them, whose forms are drawn when somebody opens them.

A list of parts begins folded. Drawing all fields of all parts regardless would keep whoever opens
a large catalogue from typing for seconds, so the browser draws a part once it is opened
(`parts.js`). The server reads the same form either way.
"""

from django import forms
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register as register_for_browser
from wagtail.blocks.list_block import ListBlockAdapter
from wagtail.blocks.stream_block import StreamBlockAdapter
from wagtail.blocks.struct_block import StructBlockAdapter


class PartBlock(blocks.StructBlock):
    """A part of content; its form folds away the fields that are seldom filled in (`aside`)."""

    def __init__(self, children=None, *, aside=(), **kwargs):
        self.aside = list(aside)
        super().__init__(children, **kwargs)

    def get_form_layout(self) -> blocks.BlockGroup:
        shown = [name for name in self.child_blocks if name not in self.aside]
        return blocks.BlockGroup(shown, settings=self.aside)


class PartList(blocks.ListBlock):
    """Items of one kind inside a part."""


class PartStream(blocks.StreamBlock):
    """Parts of a draft, or parts of several kinds inside a part."""


class _DrawnWhenOpened:
    """Lets the browser make a block's form by `parts.js`."""

    @cached_property
    def media(self):
        return super().media + forms.Media(js=[versioned_static("base/studio/parts.js")])


class _PartAdapter(_DrawnWhenOpened, StructBlockAdapter):
    js_constructor = "fallwerk.Part"


class _PartListAdapter(_DrawnWhenOpened, ListBlockAdapter):
    js_constructor = "fallwerk.PartList"


class _PartStreamAdapter(_DrawnWhenOpened, StreamBlockAdapter):
    js_constructor = "fallwerk.PartStream"


register_for_browser(_PartAdapter(), PartBlock)
register_for_browser(_PartListAdapter(), PartList)
register_for_browser(_PartStreamAdapter(), PartStream)
