"""Tables of the workspace: django-tables2 in our look, with values that export as what they are."""

from collections.abc import Sequence
from decimal import Decimal

import django_tables2 as tables
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from base.formats import money

TONES = {"success", "info", "warning", "danger"}
NOTHING = "–"


class Table(tables.Table):
    """A list's rows. On a phone each row becomes a card whose cells carry their headings.

    `in_files_only` names columns that the screen has no room for: exported files have them.
    """

    in_files_only: Sequence[str] = ()

    class Meta:
        template_name = "base/workspace/table.html"
        attrs = {"class": "kern-table kern-table--small sheet"}
        default = NOTHING


class LinkColumn(tables.Column):
    """Text that leads to the row's own page; `linkify` as in django-tables2."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"linkify": True} | kwargs)


class NotedColumn(tables.Column):
    """A value with another one below it; in files the value alone, the other has a column."""

    def __init__(self, *args, note: str, **kwargs):
        self.note = note
        super().__init__(*args, **kwargs)

    def render(self, value, record):
        note = tables.A(self.note).resolve(record, quiet=True)
        return format_html('{}<span class="note">{}</span>', value, note) if note else value

    def value(self, value):
        return value


class DayColumn(tables.Column):
    """A date in German spelling."""

    def render(self, value):
        return date_format(value, "d.m.Y")

    def value(self, value):
        return value


class MomentColumn(tables.Column):
    """A date and time in local time."""

    def render(self, value):
        return date_format(timezone.localtime(value), "d.m.Y H:i")

    def value(self, value):
        return value


class MoneyColumn(tables.Column):
    """An amount in EUR, right-aligned."""

    attrs = {"td": {"class": "figure"}, "th": {"class": "figure"}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"attrs": self.attrs} | kwargs)

    def render(self, value):
        return money(value)

    def value(self, value):
        return Decimal(value)


class FigureColumn(tables.Column):
    """A number, right-aligned."""

    attrs = {"td": {"class": "figure"}, "th": {"class": "figure"}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"attrs": self.attrs} | kwargs)

    def value(self, value):
        return value


class StateColumn(tables.Column):
    """A state as a badge; `tones` says by stored value how good or bad it is."""

    def __init__(self, *args, tones=None, **kwargs):
        self.tones = tones or {}
        super().__init__(*args, **kwargs)

    def render(self, value, record, bound_column):
        stored = bound_column.accessor.resolve(record)
        return badge(value, self.tones.get(stored, ""))

    def value(self, value):
        return value


def badge(label, tone: str = "") -> str:
    """Return a state as KERN's badge; the colour never says more than the word."""
    kind = f" kern-badge--{tone}" if tone in TONES else ""
    return format_html(
        '<span class="kern-badge kern-badge--small{}"><span class="kern-label">{}</span></span>',
        kind,
        label,
    )
