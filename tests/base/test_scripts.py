"""What scripts of every page look for, they find where it is meant."""

import re
from pathlib import Path

import pytest
from django.conf import settings

APPS = [settings.BASE_DIR / app for app in settings.FALLWERK_APPS]
LOOKED_FOR = re.compile(r'document\.querySelector\("\[(data-[a-z-]+)\]')
SEVERAL = {"data-focus", "data-signs-in"}
"""Of several, the first one on the page is meant; or it is asked only whether there is one."""


def looked_for() -> set[str]:
    """What scripts of all pages take the first of that stands anywhere on the page."""
    scripts = Path(settings.BASE_DIR / "base/static/base").glob("*.js")
    return {name for script in scripts for name in LOOKED_FOR.findall(script.read_text())}


@pytest.mark.parametrize("name", sorted(looked_for() - SEVERAL))
def test_only_one_template_has_what_every_page_looks_for(name):
    """A second one, higher up on some page, would be taken for it there."""
    used = re.compile(rf"(?<![\w-]){name}(?![\w-])")
    templates = (path for app in APPS for path in app.rglob("templates/**/*.html"))
    assert len([path for path in templates if used.search(path.read_text())]) == 1
