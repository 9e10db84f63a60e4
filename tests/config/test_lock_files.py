"""Lock files name what is installed and its hashes, and no place from which it is fetched."""

import json
import re

import pytest
from django.conf import settings

FILES = sorted(
    [*settings.BASE_DIR.glob("requirements*.txt"), settings.BASE_DIR / "package-lock.json"]
)

pytestmark = pytest.mark.once


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_lock_file_names_no_host(path):
    """Each place installs from the registry it trusts; npm adds addresses with each new package."""
    assert re.findall(r"\S*://\S*", path.read_text()) == []


def test_what_the_browser_gets_is_known_by_its_hash():
    packages = json.loads((settings.BASE_DIR / "package-lock.json").read_text())["packages"]

    del packages[""]  # the project itself
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix == ".txt"], ids=lambda path: path.name
)
def test_what_python_gets_is_known_by_its_hash(path):
    pinned = re.split(r"^(?=\S)", path.read_text(), flags=re.M)
    named = [entry for entry in pinned if re.match(r"[A-Za-z0-9._-]+(\[.*\])?==", entry)]

    assert named
    assert [entry.split()[0] for entry in named if "--hash=sha256:" not in entry] == []
