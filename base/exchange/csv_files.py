"""CSV files as rows of text, as Jobcenters and providers write them with Excel."""

import csv
import io
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from base.exchange.kinds import Kind
from base.exchange.tables import Row, entries_of_table
from base.problems import ExchangeError, Problem

SEPARATOR = re.compile(r'"?sep=([;,\t|])"?', re.IGNORECASE)
"""The first line of a table may name its separator; Excel reads it so."""
LONGEST_LINE = 100_000
"""Characters of a line of CSV."""


def entries_of_csv(label: str, text: str) -> Iterator[tuple[Kind, str, dict]]:
    """Yield the rows of a CSV file as raw entries with their place."""
    yield from entries_of_table(label, "", _csv_rows(label, text))


def _csv_rows(label: str, text: str) -> Iterator[Row]:
    first, _end, rest = text.partition("\n")
    line = before = 0
    if said := SEPARATOR.fullmatch(first.rstrip("\r")):
        delimiter, text, before = said[1], rest, 1
    else:
        delimiter = ";" if ";" in first else ","
    lines = _short(label, io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        line = before + 1
        for cells in reader:
            yield line, cells
            line = before + reader.line_num + 1
    except csv.Error as error:
        message = _("this is not readable as CSV (%s)") % error
        raise ExchangeError([Problem(label, _("line %d") % line, message)]) from error


def _short(label: str, lines: io.StringIO) -> Iterator[str]:
    """Yield lines; refuse one that is longer than a table has any."""
    number = 0
    while line := lines.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            message = _("this line is longer than %d characters") % LONGEST_LINE
            raise ExchangeError([Problem(label, _("line %d") % number, message)])
        yield line
