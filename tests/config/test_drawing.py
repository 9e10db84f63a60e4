"""The picture in docs/architecture.md is the house as it stands."""

import runpy

import pytest
from django.conf import settings


@pytest.mark.once
def test_picture_is_the_house_as_it_stands():
    drawer = runpy.run_path(str(settings.BASE_DIR / "docs" / "draw_architecture.py"))

    assert drawer["drawn"]() == drawer["drawing"](), "draw it anew: make picture"
