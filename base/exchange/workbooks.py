"""Workbooks (XLSX) as rows of text: of what a sheet shows, all of it, and nothing else."""

import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import (
    COL_TAG,
    FORMULA_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
    iterparse,
)
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.constants import SHEET_MAIN_NS

from base.exchange.kinds import Kind
from base.exchange.tables import Row, entries_of_table
from base.packages import PackageError, opened
from base.problems import MOST_PROBLEMS, ExchangeError, Problem

TRUE = ("1", "true")
MERGED_TAG = f"{{{SHEET_MAIN_NS}}}mergeCell"

INSIDE_ROWS = {
    f"{{{SHEET_MAIN_NS}}}{name}"
    for name in (
        "c", "v", "f", "is", "t", "r", "rPr", "rPh", "phoneticPr", "rFont", "charset", "family",
        "b", "i", "strike", "outline", "shadow", "condense", "extend", "color", "sz", "u",
        "vertAlign", "scheme",
    )
}  # fmt: skip
"""What a row holds; read with it."""
SHEETS, STRINGS = "xl/worksheets/", "xl/sharedStrings.xml"
MOST_STRINGS = 100_000
MOST_ELEMENTS = 50_000
"""Of a part that is read as a whole, such as the styles; a large workbook has some thousands."""
LAST_LINE, LAST_COLUMN = 1_048_576, 16_384
"""Of a sheet of Excel."""
CHUNK = 1024 * 1024
SIGNIFICANT_DIGITS = 15  # what Excel keeps; more are traces of binary arithmetic
BROKEN_WORKBOOK = (
    AttributeError,
    BadZipFile,
    LookupError,
    NotImplementedError,
    OverflowError,
    zlib.error,
    InvalidFileException,
    ParseError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
)


def entries_of_workbook(
    path: Path, label: str, notes: list[Problem]
) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the rows of all sheets that hold anything, each with a first line of column names.

    Hidden sheets are passed over, and named in `notes`.
    """
    try:
        opened(path, most_unpacked=2 * settings.IMPORT_MOST_BYTES)
        _require_moderate(path)
    except PackageError as error:
        raise ExchangeError([_unreadable(label, str(error))]) from error
    except BROKEN_WORKBOOK as error:
        raise ExchangeError([_unreadable(label)]) from error
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except BROKEN_WORKBOOK as error:
        raise ExchangeError([_unreadable(label)]) from error
    with closing(book):
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        hidden = [sheet.title for sheet in book.worksheets if sheet not in shown]
        if hidden:
            titles = ", ".join(f"“{title}”" for title in hidden)
            notes.append(Problem(label, "", _("hidden sheets are passed over: %s") % titles))
        is_empty = True
        for found in shown:
            prefix = _("sheet “%s”") % found.title.replace("%", "%%") + " "
            sheet = Sheet(label, prefix, found)
            yield from entries_of_table(label, prefix, sheet.rows())
            is_empty = is_empty and not sheet.header
        if is_empty:
            raise ExchangeError([Problem(label, "", _("this file is empty"))])


def _require_moderate(path: Path) -> None:
    """Raise PackageError where a part that is read as a whole has too much in it."""
    with ZipFile(path) as package:
        for entry in package.infolist():
            if not entry.filename.lower().endswith((".xml", ".rels")):
                continue
            if entry.filename.startswith(SHEETS) and entry.filename.endswith(".xml"):
                continue
            mark, most = b"<", MOST_ELEMENTS
            if entry.filename == STRINGS:
                mark, most = b"<si", MOST_STRINGS
            with package.open(entry) as part:
                chunks = iter(lambda part=part: part.read(CHUNK), b"")
                if sum(chunk.count(mark) for chunk in chunks) > most:
                    raise PackageError(_("It has too many entries in %s.") % entry.filename)


def _unreadable(label: str, why: str = "") -> Problem:
    message = _("this is not readable as an XLSX workbook")
    return Problem(label, "", f"{message} ({why.rstrip('.')})" if why else message)


class _Parser(WorkSheetParser):
    """Reads a sheet row by row; keeps what a cell must not be, and what is hidden or merged.

    Of everything else that a sheet may have nothing is read.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.wrong: list[tuple[int, int, str]] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: list[range] = []
        self.merged: list[CellRange] = []

    def parse(self):
        for _event, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                row = self.parse_row(element)
                element.clear()
                yield row
            elif element.tag not in INSIDE_ROWS:
                if element.tag == COL_TAG and element.get("hidden") in TRUE:
                    columns = range(int(element.get("min")), int(element.get("max")) + 1)
                    self.hidden_columns.append(columns)
                elif element.tag == MERGED_TAG:
                    self.merged.append(CellRange(element.get("ref")))
                if max(len(self.merged), len(self.hidden_columns)) > MOST_PROBLEMS:
                    raise ValueError("more than anybody merges or hides")
                element.clear()

    def parse_row(self, row):
        place, cells = super().parse_row(row)
        self.row_dimensions.clear()
        if row.get("hidden") in TRUE:
            self.hidden_rows.add(place)
        return place, cells

    def parse_cell(self, element):
        cell = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None:
            # A text that is computed to nothing has a value, an empty one.
            no_value = cell["value"] is None and element.get("t") != "str"
            if no_value or element.find(VALUE_TAG) is None:
                self.wrong.append((cell["row"], cell["column"], "formula"))
        if cell["data_type"] == "e":
            self.wrong.append((cell["row"], cell["column"], "error"))
        return cell


class Sheet:
    """A sheet's rows as text; refuses what would be read otherwise than it is seen."""

    def __init__(self, label: str, prefix: str, sheet):
        self.label, self.prefix, self.sheet = label, prefix, sheet
        self.header: list[str] = []
        self.header_line = 1

    def rows(self) -> Iterator[Row]:
        """Yield rows with their lines. Raises ExchangeError after the last for wrong cells."""
        book, problems = self.sheet.parent, []
        hidden: list[int] = []
        try:
            with book._archive.open(self.sheet._worksheet_path) as source:
                parser = _Parser(
                    source,
                    self.sheet._shared_strings,
                    data_only=True,
                    epoch=book.epoch,
                    date_formats=book._date_formats,
                    timedelta_formats=book._timedelta_formats,
                )
                for line, found in parser.parse():
                    if line > LAST_LINE or any(cell["column"] > LAST_COLUMN for cell in found):
                        message = _("no sheet has so many lines or columns")
                        raise ExchangeError([Problem(self.label, self.prefix.strip(), message)])
                    cells = _filled(found)
                    if not self.header and any(cells):
                        self.header, self.header_line = cells, line
                    if parser.wrong:
                        problems += map(self._wrong_cell, parser.wrong)
                        parser.wrong = []
                        if len(problems) > MOST_PROBLEMS:
                            break
                        continue
                    if line in parser.hidden_rows and any(cells):
                        hidden.append(line)
                    yield line, cells
                problems += self._hidden_columns(parser)
                problems += self._merged(parser)
        except BROKEN_WORKBOOK as error:
            raise ExchangeError([_unreadable(self.label)]) from error
        if hidden:
            message = _(
                "lines with values are hidden, by a filter or by hand (%(count)d); show or"
                " remove them, so that what is imported is what is seen"
            )
            problems.append(self._problem(hidden[0], message % {"count": len(hidden)}))
        if problems:
            raise ExchangeError(problems)

    def _problem(self, line: int, message: str, column: int = 0) -> Problem:
        name = self.header[column - 1] if 0 < column <= len(self.header) else ""
        at = f" {name.strip()}" if name.strip() else ""
        place = self.prefix.replace("%%", "%") + _("line %d") % line + at
        return Problem(self.label, place, message)

    def _wrong_cell(self, wrong: tuple[int, int, str]) -> Problem:
        line, column, what = wrong
        cell = f"{get_column_letter(column)}{line}"
        if what == "error":
            message = _("cell %s shows an error instead of a value") % cell
        else:
            message = (
                _("cell %s holds a formula that no program has computed; save it in Excel again")
                % cell
            )
        return self._problem(line, message, column)

    def _hidden_columns(self, parser: _Parser) -> Iterator[Problem]:
        for column, name in enumerate(self.header, 1):
            if name and any(column in columns for columns in parser.hidden_columns):
                message = _("column %s is hidden; show it or remove it") % get_column_letter(column)
                yield self._problem(self.header_line, message, column)

    def _merged(self, parser: _Parser) -> Iterator[Problem]:
        for merged in parser.merged:
            if merged.min_col <= len(self.header) and merged.max_row >= self.header_line:
                message = _("cells %s are merged: only the first of them has a value; part them")
                yield self._problem(merged.min_row, message % merged.coord, merged.min_col)


def _filled(found: list[dict]) -> list[str]:
    """Return the cells of a row as text, with those that are not written down."""
    cells = [""] * max((cell["column"] for cell in found), default=0)
    for cell in found:
        cells[cell["column"] - 1] = _cell(cell["value"])
    return cells


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
