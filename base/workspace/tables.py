"""Tables of the workspace: django-tables2 in our look, with values that export as what they are."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import django_tables2 as tables
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import template_localtime

from base.formats import day, money
from base.legible import legible

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

    @tables.Table.order_by.setter
    def order_by(self, value):
        """Order by columns, and rows that are equal there by their keys: databases promise nothing,
        and a row could stand on two pages or on none."""
        tables.Table.order_by.fset(self, value)
        rows = self.data.data
        if self._order_by and isinstance(rows, QuerySet) and rows._iterable_class is ModelIterable:
            last = "-pk" if self._order_by[0].startswith("-") else "pk"
            self.data.data = rows.order_by(*rows.query.order_by, last)


def drawn_rows(table: tables.Table) -> Iterator[SafeString]:
    """Yield the rows of a table's page as HTML.

    In Python, since a template would look up heading and attributes of a column for each of its
    cells anew: half of what a long list took. Attributes of columns are the same in all rows.
    """
    for column in table.columns:
        column.render = _with_signature(column.render)
    columns = [
        (
            column.name,
            format_html('<td data-label="{}" {}><span>', column.header, _attributes(column)),
            column.localize,
        )
        for column in table.columns
    ]
    for row in table.paginated_rows:
        cells = "".join(
            f"{opening}{_shown(row.get_cell(name), localized)}</span></td>"
            for name, opening, localized in columns
        )
        yield format_html("<tr {}>{}</tr>", row.attrs.as_html(), mark_safe(cells))  # noqa: S308


def _with_signature(render: Callable) -> Callable:
    """Return what draws cells with its signature known: django-tables2 asks for it at each one."""

    def draw(**given):
        return render(**given)

    draw.__signature__ = inspect.signature(render)
    return draw


def _attributes(column) -> SafeString:
    return column.attrs["td"].as_html()


def _shown(cell, localized: bool | None) -> str:
    """Return a cell's content as a template shows it; numbers and days localized unless False."""
    return conditional_escape(localize(template_localtime(cell), use_l10n=localized))


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
        value = value or "–"
        return format_html('{}<span class="note">{}</span>', value, note) if note else value

    def value(self, value):
        return value


class DayColumn(tables.Column):
    """A date in German spelling."""

    def render(self, value):
        return day(value)

    def value(self, value):
        return value


class MomentColumn(tables.Column):
    """A date and time in local time."""

    def render(self, value):
        return legible(value)

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
