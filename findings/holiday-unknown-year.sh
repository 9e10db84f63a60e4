#!/usr/bin/env bash
# Guess: a calendar that was told to load one year and no more (expand=False) raises an error when
#   it is asked about a day of another, or says that it does not know.
# Seen (holidays 0.108, 29 November 2026): it answers that the day is no holiday. New Year's Day
#   2027, a Friday, is a working day, and the working day after 31.12.2026 is that day, without a
#   warning.
# So: load every year that arithmetic can reach, or leave expand at its default.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'holidays==0.108'
"$folder/venv/bin/python" - <<'END'
from datetime import date
from importlib.metadata import version

import holidays

new_year = date(2027, 1, 1)
closed = holidays.country_holidays("DE", subdiv="NW", years=[2026], expand=False)
open_ended = holidays.country_holidays("DE", subdiv="NW", years=[2026])
print("holidays", version("holidays"))
print("  one year only:", closed.is_working_day(new_year), closed.get_nth_working_day(date(2026, 12, 31), 1))
print("  any year:     ", open_ended.is_working_day(new_year), open_ended.get_nth_working_day(date(2026, 12, 31), 1))
assert closed.is_working_day(new_year)
assert closed.get_nth_working_day(date(2026, 12, 31), 1) == new_year
assert not open_ended.is_working_day(new_year)
assert open_ended.get_nth_working_day(date(2026, 12, 31), 1) == date(2027, 1, 4)
END
