"""Numbers, days and times are spelled in `base/formats.py`, and nowhere else."""

import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

SPELLS = re.compile(r"""%d\.%m\.%[Yy]|:%H:%M|:,[.}]|d\.m\.Y|replace\("\.", ","\)|number_format\(""")
ELSEWHERE = {
    "base/formats.py": "spells",
    "base/workspace/fields.py": "reads what was typed",
    "config/settings/base.py": "says it to the studio's widgets",
    "contracts/views/calendar.py": "names the day of the week",
}


def files_that_spell() -> set[str]:
    found = set()
    for app in (*settings.FALLWERK_APPS, "config"):
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if "migrations" not in path.parts and SPELLS.search(path.read_text("utf-8")):
                found.add(str(path.relative_to(settings.BASE_DIR)))
    return found


def test_nobody_spells_on_his_own():
    assert files_that_spell() == set(ELSEWHERE)
