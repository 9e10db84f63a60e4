"""Codes that name a reason have an address, in docs/decisions.md."""

import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

ADDRESSES = settings.BASE_DIR / "docs" / "decisions.md"
READ = {".py", ".html", ".js", ".css", ".md", ".yaml", ".txt"}
ROW = re.compile(r"^\| (A1-\d+|[CDE]\d+|decision \d+) \|", re.MULTILINE)
# "A1-41 to 43", "decisions 4 and 5", "D1–D3" name both ends; cells of a sheet ("C5:D7") are none.
LAST = r"(?:(?: to | and |, |–[CDE]?)(\d{1,2})\b)?"
CODE = re.compile(rf"(?<![\w$:.\"'])(A1-|[CDE]|[Dd]ecisions? )(\d{{1,2}})\b{LAST}(?!:\w|\")")


def files() -> list[Path]:
    folders = [*settings.FALLWERK_APPS, "config", "docs", "sample", "tests"]
    paths = (path for name in folders for path in (settings.BASE_DIR / name).rglob("*"))
    return [path for path in paths if path.suffix in READ and path != ADDRESSES]


def codes_in(text: str) -> set[str]:
    found = set()
    for kind, number, last in CODE.findall(text):
        kind = "decision " if kind.lower().startswith("decision") else kind
        found |= {f"{kind}{each}" for each in (number, last) if each}
    return found


def test_every_code_has_an_address():
    known = set(ROW.findall(ADDRESSES.read_text("utf-8")))
    used = {path: codes_in(path.read_text("utf-8")) for path in files()}
    missing = {
        f"{path.relative_to(settings.BASE_DIR)}: {code}"
        for path, codes in used.items()
        for code in codes - known
    }
    assert missing == set()
    assert len(set().union(*used.values())) > 50


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("sheets (A1-41 to 43) as printed", {"A1-41", "A1-43"}),
        ("Components in their order, C2, D1–D3:", {"C2", "D1", "D3"}),
        (
            "is a 404 (decision 9); see decisions 4 and 5.",
            {"decision 9", "decision 4", "decision 5"},
        ),
        ('sheet["C2"], =SUM(C1:D9), E-Stunde, ISO 8601', set()),
    ],
)
def test_codes_are_told_from_other_text(text, codes):
    assert codes_in(text) == codes
