"""Tables in files as raw entries: the first line names the columns, and so the kind.

Cells are read by the type of their column. Besides what documents know, a date may be written
31.07.2024, an amount 1.234,56 and a truth ja or wahr. No spelling has two meanings: a decimal
comma makes points separators of thousands; without a comma a point is the decimal point.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from django.utils.translation import gettext as _

from base.exchange.kinds import Kind, kinds
from base.problems import ExchangeError, Problem
from base.shape import shape_of

GERMAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
DECIMAL_COMMA = re.compile(r"-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]+")
GERMAN_TRUTH = {"ja": "true", "wahr": "true", "nein": "false", "falsch": "false"}
Row = tuple[int, list[str]]
"""The number of a row's line, and its cells."""
Convert = Callable[[str], str]


def entries_of_table(
    label: str, prefix: str, rows: Iterator[Row]
) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the rows of a table; its first line names the columns and so the kind."""
    rows = ((line, cells) for line, cells in rows if any(cells))
    line, header = next(rows, (1, []))
    if not header:
        if prefix:
            return
        raise ExchangeError([Problem(label, "", _("this file is empty"))])
    place = prefix + _("line %d")
    header = [column.strip() for column in header]
    kind = _kind_of(label, place % line, header)
    converters = [_converter(kind, column) for column in header]
    for line, cells in rows:
        if any(cells[len(header) :]):
            message = _("%(cells)d cells, but %(columns)d columns")
            counted = {"cells": len(cells), "columns": len(header)}
            raise ExchangeError([Problem(label, place % line, message % counted)])
        yield (
            kind,
            place % line,
            {
                column: convert(cell)
                for column, convert, cell in zip(header, converters, cells, strict=False)
                if cell != ""
            },
        )


def _kind_of(label: str, place: str, header: list[str]) -> Kind:
    """Return the kind whose columns these are. Raises ExchangeError naming those that are not."""
    tabular = [kind for kind in kinds() if kind.tabular]
    kind = max(tabular, key=lambda kind: len(set(header) & set(kind.entry.model_fields)))
    fields = shape_of(kind.entry).fields
    required = [name for name, field in fields.items() if field.required]
    named = [column for column in header if column]
    messages = [
        _("column %r is unknown; allowed: %s") % (column, ", ".join(fields))
        for column in named
        if column not in fields
    ]
    messages += [_("column %r is missing") % name for name in required if name not in header]
    messages += [
        _("column %r stands twice") % name for name in dict.fromkeys(named) if named.count(name) > 1
    ]
    if messages:
        raise ExchangeError([Problem(label, place, message) for message in messages])
    return kind


def _converter(kind: Kind, column: str) -> Convert:
    if not column:
        return lambda cell: cell
    converters = {
        "date": _date,
        "number": _number,
        "whole number": _number,
        "true or false": _truth,
    }
    return converters.get(shape_of(kind.entry).fields[column].kind, lambda cell: cell)


def _date(cell: str) -> str:
    if found := GERMAN_DATE.fullmatch(cell.strip()):
        day, month, year = map(int, found.groups())
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return cell  # refused as it was written
    return cell


def _number(cell: str) -> str:
    if DECIMAL_COMMA.fullmatch(cell.strip()):
        return cell.strip().replace(".", "").replace(",", ".")
    return cell


def _truth(cell: str) -> str:
    return GERMAN_TRUTH.get(cell.strip().lower(), cell)
