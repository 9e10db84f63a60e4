"""The glossary's places exist."""

import re
from importlib import import_module

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (settings.BASE_DIR / "docs" / "glossary.md").read_text("utf-8").splitlines()
    if line.startswith("|") and "`" in line
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_places_exist(row):
    english, german, meaning, places = row
    assert english and german and meaning
    found = re.findall(r"`([\w.]+)`", places)
    assert found
    for place in found:
        module, _dot, name = place.rpartition(".")
        assert hasattr(import_module(module), name) or import_module(place), place


def test_each_term_stands_once():
    terms = [row[0] for row in ROWS]
    assert sorted(terms) == sorted(set(terms))
