"""CSV and XLSX files as rows of text, as Jobcenters and providers write them with Excel.

Cells are read by the type of their column. Besides what documents know, a date may be written
31.07.2024, an amount 1.234,56 and a truth ja or wahr. No spelling has two meanings: a decimal
comma makes points separators of thousands; without a comma a point is the decimal point.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from base.exchange.kinds import Kind, kinds
from base.problems import ExchangeError, Problem

GERMAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
DECIMAL_COMMA = re.compile(r"-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]+")
GERMAN_TRUTH = {"ja": "true", "wahr": "true", "nein": "false", "falsch": "false"}
SIGNIFICANT_DIGITS = 15  # what Excel keeps; more are traces of binary arithmetic
BROKEN_WORKBOOK = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
)

Row = tuple[int, list[str]]
"""The number of a row's line, and its cells."""
Convert = Callable[[str], str]


def entries_of_csv(label: str, text: str) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the rows of a CSV file as raw entries with their place."""
    yield from _entries(label, "", _csv_rows(label, text))


def entries_of_workbook(path: Path, label: str) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the rows of all sheets that hold anything, each with a first line of column names."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except BROKEN_WORKBOOK as error:
        raise ExchangeError([_unreadable(label)]) from error
    with closing(book):
        for sheet in book.worksheets:
            prefix = (
                _("sheet “%s”") % sheet.title.replace("%", "%%") + " "
                if len(book.worksheets) > 1
                else ""
            )
            yield from _entries(label, prefix, _sheet_rows(label, sheet))


def _unreadable(label: str) -> Problem:
    return Problem(label, "", _("this is not readable as an XLSX workbook"))


def _entries(label: str, prefix: str, rows: Iterator[Row]) -> Iterator[tuple[Kind, str, dict]]:
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
    fields = kind.entry.model_fields
    required = [name for name, field in fields.items() if field.is_required()]
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
    annotation = kind.entry.model_fields[column].annotation
    types = {annotation, *get_args(annotation)}
    if date in types:
        return _date
    if types & {Decimal, int}:
        return _number
    return _truth if bool in types else lambda cell: cell


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


def _csv_rows(label: str, text: str) -> Iterator[Row]:
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True
    )
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        message = _("this is not readable as CSV (%s)") % error
        raise ExchangeError([Problem(label, _("line %d") % line, message)]) from error


def _sheet_rows(label: str, sheet) -> Iterator[Row]:
    # Some programs write a wrong size into the sheet; what is there counts.
    sheet.reset_dimensions()
    try:
        for line, cells in enumerate(sheet.values, 1):
            yield line, [_cell(value) for value in cells]
    except BROKEN_WORKBOOK as error:
        raise ExchangeError([_unreadable(label)]) from error


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{SIGNIFICANT_DIGITS}g}"
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)
