#!/usr/bin/env bash
# Guess: asked with a German date as text, a calendar of German holidays reads day before month, or
#   refuses text altogether.
# Seen (holidays 0.108, 29 November 2026): text goes through dateutil, month first where that is
#   possible. "05.01.2026", an ordinary Monday in January, is Labour Day; "01.05.2026" is none.
#   "25.12.2026" is right, since there is no 25th month: tests with Christmas pass.
# So: hand over dates only, never what a user or a file wrote.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'holidays==0.108'
"$folder/venv/bin/python" - <<'END'
from importlib.metadata import version

import holidays

calendar = holidays.country_holidays("DE", subdiv="NW", language="de")
print("holidays", version("holidays"))
for text in ("05.01.2026", "01.05.2026", "25.12.2026"):
    print(f"  {text}: {calendar.get(text)}")
assert calendar.get("05.01.2026") == "Erster Mai"
assert calendar.get("01.05.2026") is None
assert calendar.get("25.12.2026") == "Erster Weihnachtstag"
END
