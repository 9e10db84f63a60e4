"""The form of a draft: tabs of panels, with the help its content model gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import lazystr
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    MultiFieldPanel,
    ObjectList,
    PublishingPanel,
    TabbedInterface,
)

from base.blocks import KeySelect, help_of
from base.editions import Draft
from base.shape import shape_of
from base.studio.keys import KEY, KeyedForm

MADE_BY_ITSELF = _("Left empty, it is made of the title.")


@dataclass(frozen=True)
class Tab:
    """One tab of the form: short fields together under a heading, then one panel for each part.

    `help` says what a field means that stands in no content model: keys, numbers, parties.
    """

    heading: str
    parts: Sequence[str] = ()
    head: str = ""
    fields: Sequence[str] = ()
    help: Mapping[str, str] = field(default_factory=dict)


class MomentPanel(PublishingPanel):
    """When an approved draft is published. Editions do not expire, so there is no end."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.children = [child for child in self.children if child.field_name == "go_live_at"]


def form_of(draft: type[Draft], *tabs: Tab) -> TabbedInterface:
    """Return the form of a kind of draft, made of its tabs."""
    lists = [ObjectList(_panels(draft, tab), heading=tab.heading) for tab in tabs]
    lists[0].children = [*lists[0].children, MomentPanel()]
    return TabbedInterface(lists, base_form_class=KeyedForm)


def _panels(draft: type[Draft], tab: Tab) -> list:
    panels = []
    if fields := [_field(draft, tab, name) for name in tab.fields if name != KEY]:
        panels.append(MultiFieldPanel(fields, heading=tab.head or tab.heading))
    panels += [_field(draft, tab, name) for name in tab.parts]
    if KEY in tab.fields:
        key = _field(draft, tab, KEY)
        panels.append(MultiFieldPanel([key], heading=_("Advanced"), classname="collapsed"))
    return panels


def _field(draft: type[Draft], tab: Tab, name: str) -> FieldPanel:
    """Return the panel of a field; a key of another part of the draft is chosen."""
    field = shape_of(draft.edition_model.content_model).fields.get(name)
    chosen = field is not None and field.reference and not field.many
    widget = KeySelect(field.reference, required=field.required) if chosen else None
    return FieldPanel(name, help_text=_help(draft, tab, name), widget=widget)


def _help(draft: type[Draft], tab: Tab, name: str) -> str:
    """Return what helps with a field: the tab's own words, the content model's, the column's."""
    if name == KEY:
        return format_lazy("{} {}", tab.help[name], MADE_BY_ITSELF)
    if name in tab.help:
        return tab.help[name]
    content = shape_of(draft.edition_model.content_model).fields
    if name in content:
        return help_of(content[name])
    return lazystr(draft._meta.get_field(name).help_text)
