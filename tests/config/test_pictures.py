"""Pictures in the docs are taken by one command, and no other pictures are there."""

import re
import runpy

import pytest
from django.conf import settings

DOCS = settings.BASE_DIR / "docs"


@pytest.mark.once
def test_each_picture_is_taken_by_the_command_and_shown_somewhere():
    taken = runpy.run_path(str(DOCS / "take_pictures.py"))["PICTURES"]
    pages = [settings.BASE_DIR / "README.md", *DOCS.rglob("*.md")]
    shown = {
        (page.parent / path).resolve()
        for page in pages
        for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text())
    }
    assert shown == {DOCS / f"{name}.png" for name in taken}
    assert shown == set(DOCS.rglob("*.png"))
