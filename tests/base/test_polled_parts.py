"""Parts of a page that are fetched again and again keep the focus of whoever is inside."""

import re
from pathlib import Path

import pytest
from django.conf import settings

POLLED = re.compile(r'hx-trigger="every')
FOCUSABLE = re.compile(r"<(?:a|button|input|select|textarea|summary)\b[^>]*>")
FOUND = [
    path
    for app in settings.FALLWERK_APPS
    for path in sorted((Path(settings.BASE_DIR) / app).rglob("templates/**/*.html"))
    if POLLED.search(path.read_text())
]


def inside(template: str) -> str:
    """What is fetched anew: what follows the place that asks for it."""
    return template[POLLED.search(template).end() :]


def test_there_are_such_parts():
    assert len(FOUND) >= 3


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_takes_the_focus_has_an_id_by_which_htmx_gives_it_back(path):
    """Walks all templates: htmx finds by its id what had the focus before the part was replaced."""
    for place in FOCUSABLE.findall(inside(path.read_text())):
        assert ' id="' in place or 'type="hidden"' in place, place
