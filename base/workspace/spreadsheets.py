"""Rows as a spreadsheet (XLSX) of people's numbers and days; text is text and never a formula."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MONEY = "#,##0.00"
DAY = "DD.MM.YYYY"


def spreadsheet(heads: list[str], rows: Iterable[list]) -> bytes:
    """Return a workbook with one sheet: the heads, which stay in sight, and the rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, head, bold=True) for head in heads])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet, value, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, date):
        cell.number_format = DAY
    elif isinstance(value, Decimal):
        cell.number_format = MONEY
    if bold:
        cell.font = Font(bold=True)
    return cell
