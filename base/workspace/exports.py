"""Lists as files: the rows a person sees, as a spreadsheet or as text with semicolons.

Every export is announced by the signal `exported`, which the trail records. Text is written as
text: what begins with "=" is no formula (CSV and spreadsheet injection).
"""

import csv
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from base import formats
from base.replica import reading_from_replica

FORMATS = {"xlsx": _("Excel file (.xlsx)"), "csv": _("CSV file (.csv)")}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

exported = Signal()
"""Sent with `request`, `title`, `format` and `rows` (their number) after an export was made."""


def export(kind: str, table, request: HttpRequest, *, title: str) -> HttpResponse:
    """Return all rows of a table as a download. `kind` is one of FORMATS."""
    columns = [column for column in table.columns if not column.column.exclude_from_export]
    heads = [force_str(column.header) for column in columns]
    names = [column.name for column in columns]
    with reading_from_replica():
        rows = [[_plain(row.get_cell_value(name)) for name in names] for row in table.rows]
    title = force_str(title)
    if kind == "xlsx":
        # Loaded by whoever wants one: starting is quicker without openpyxl.
        from base.workspace.spreadsheets import XLSX, spreadsheet

        content, mime = spreadsheet(heads, rows), XLSX
    else:
        content, mime = _text(heads, rows), "text/csv; charset=utf-8"
    exported.send(None, request=request, title=title, format=kind, rows=len(rows))
    name = f"{slugify(title) or 'export'}-{timezone.localdate():%Y-%m-%d}.{kind}"
    return HttpResponse(
        content,
        content_type=mime,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _plain(value):
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    if value is None or isinstance(value, date | Decimal | int | float):
        return value
    return " ".join(strip_tags(force_str(value)).split())


def _text(heads: list[str], rows: Iterable[list]) -> bytes:
    file = StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_german(value) for value in row] for row in rows)
    # With the mark by which Excel knows the encoding.
    return file.getvalue().encode("utf-8-sig")


def _german(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal | float):
        return formats.typed(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return str(value)
