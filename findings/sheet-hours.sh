#!/usr/bin/env bash
# Guess: the hours a column of a spreadsheet shows as 01:30, 25:30, 24:00 come from the file as one
#   kind of value.
# Seen (openpyxl 3.1.5, 29 November 2026): three kinds, decided by value and format of each cell.
#   Under hh:mm, an hour and a half is a time, 25.5 hours are the 1st of January 1900 at 01:30, and
#   24 hours are midnight of that day. Under [h]:mm all of them are a timedelta.
# So: accept time, datetime of 1900 and timedelta alike, and refuse what is none of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'openpyxl==3.1.5'
"$folder/venv/bin/python" - <<'END'
from datetime import datetime, time, timedelta
from importlib.metadata import version
from io import BytesIO

import openpyxl

written = openpyxl.Workbook()
cases = [(hours, shown) for shown in ("hh:mm", "[h]:mm") for hours in (1.5, 24, 25.5)]
for row, (hours, shown) in enumerate(cases, 1):
    written.active.cell(row, 1, hours / 24).number_format = shown
file = BytesIO()
written.save(file)
read = [row[0] for row in openpyxl.load_workbook(file).active.values]
print("openpyxl", version("openpyxl"))
for (hours, shown), value in zip(cases, read, strict=True):
    print(f"  {hours} h under {shown}: {value!r}")
assert read == [
    time(1, 30), datetime(1900, 1, 1, 0, 0), datetime(1900, 1, 1, 1, 30),
    timedelta(hours=1.5), timedelta(hours=24), timedelta(hours=25.5),
]
END
