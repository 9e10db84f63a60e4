"""Static files as an installation serves them: each under a name that says what is in it."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client
from django.urls import reverse

from config.settings import base
from tests.forms.test_visits import kept

pytestmark = pytest.mark.once

NAMES = r"(?:from|import)\s*\"(\.[^\"]+)\""
HASHED = re.compile(r".+\.[0-9a-f]{12}\.js")


@pytest.fixture
def collected(settings, tmp_path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "config.static.StaticFiles"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_a_script_names_what_it_imports_by_its_content(collected, monkeypatch):
    """Whatever imports something, and what the page without a network keeps."""
    importing = 0
    for file in base.BASE_DIR.glob("*/static/**/*.js"):
        name = str(file).partition("/static/")[2]
        at = static(name)
        text = (collected / at.removeprefix("/static/")).read_text()
        found = re.findall(NAMES, text)
        assert len(found) == len(re.findall(NAMES, file.read_text())), name
        importing += bool(found)
        for other in found:
            assert HASHED.fullmatch(other), (name, other)
            assert (collected / urljoin(at, other).removeprefix("/static/")).exists()
    assert importing > 5

    monkeypatch.setattr("forms.views.visits._release", lambda: "")
    needed = set(
        re.findall(
            r"src=\"(/static/[^\"]+)\"", Client().get(reverse("visits-shell")).content.decode()
        )
    )
    waiting = list(needed)
    while waiting:
        at = waiting.pop()
        for other in re.findall(NAMES, (collected / at.removeprefix("/static/")).read_text()):
            needed.add(found := urljoin(at, other))
            waiting.append(found)
    assert static("forms/visit_card.js") in needed
    assert needed <= set(kept()["files"])
