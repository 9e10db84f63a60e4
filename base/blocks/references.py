"""Keys of other parts of the same draft, chosen from the parts that stand in its form.

The form holds the parts and what refers to them at once, so the choices are made in the browser
(`references.js`) and change with every part that is added, renamed or taken away. Keys of what is
kept elsewhere are chosen from a register. What refers to something that is gone stays as it is
and is shown as missing; publishing refuses it.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register as register_for_browser
from wagtail.admin.telepath.widgets import WidgetAdapter

from base.blocks.lines import LinesBlock
from base.content import NamedIn, RefersTo
from base.shape import Reference

Register = Callable[[], Iterable[tuple[str, str]]]

_REGISTERS: dict[str, Register] = {}


def offer(name: str, register: Register) -> None:
    """Let forms offer a register: `register` returns the key and the name of all it holds."""
    _REGISTERS[name] = register


def registered(reference: NamedIn) -> list[tuple[str, str]]:
    """Return the key and the name of all a register holds."""
    return [(key, str(text)) for key, text in _REGISTERS[reference.register]()]


class _Referring:
    """Tells the browser what a widget offers, and its words."""

    def __init__(self, reference: Reference, *, required: bool):
        self.reference, self.required = reference, required
        super().__init__()

    def build_attrs(self, base_attrs, extra_attrs=None):
        said = {
            "data-reference": json.dumps(_spelled(self.reference)),
            "data-nothing": _("– please choose –") if self.required else "–",
            "data-another": _("– choose another –"),
            "data-missing": _("missing: %s"),
        }
        return super().build_attrs(base_attrs, extra_attrs) | said

    @property
    def media(self):
        telepath = (f"wagtailadmin/js/telepath/{name}.js" for name in ("telepath", "widgets"))
        own = (f"base/studio/{name}.js" for name in ("draft_changes", "references"))
        return forms.Media(js=[*map(versioned_static, telepath), *own])


def _spelled(reference: Reference) -> dict:
    """Return a reference as the browser reads it; registers with all they hold."""
    if isinstance(reference, RefersTo):
        return asdict(reference)
    return {"register": [{"key": key, "text": text} for key, text in registered(reference)]}


class KeySelect(_Referring, forms.Select):
    """One key. The server knows no choice but the present one; the browser adds the others."""

    def optgroups(self, name, value, attrs=None):
        self.choices = [("", ""), *((key, key) for key in value if key)]
        return super().optgroups(name, value, attrs)


class KeyList(_Referring, forms.Textarea):
    """Several keys: a line for each, which the browser shows as one choice after the other."""


class _KeySelectAdapter(WidgetAdapter):
    js_constructor = "fallwerk.KeySelect"


class _KeyListAdapter(WidgetAdapter):
    js_constructor = "fallwerk.KeyList"


register_for_browser(_KeySelectAdapter(), KeySelect)
register_for_browser(_KeyListAdapter(), KeyList)


class KeyBlock(blocks.CharBlock):
    """The key of a part, chosen by what the part is called."""

    def __init__(self, reference: Reference, **options):
        super().__init__(**options)
        self.field.widget = KeySelect(reference, required=self.field.required)

    class Meta:
        default = ""  # comparisons would show None as such


class KeysBlock(LinesBlock):
    """The keys of several parts, in an order of their own."""

    def __init__(self, reference: Reference, **options):
        super().__init__(**options)
        self.reference = reference

    @cached_property
    def field(self):
        widget = KeyList(self.reference, required=self.field_options["required"])
        return forms.CharField(widget=widget, **self.field_options)
