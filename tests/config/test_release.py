"""One version, wherever it stands; and a list of parts that is that of the lock file."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

pytestmark = pytest.mark.once

ROOT = settings.BASE_DIR
PUBLIC = yaml.safe_load((ROOT / "publiccode.yml").read_text())


def test_the_version_is_the_same_everywhere():
    changes = re.findall(r"^## (\S+?),? ", (ROOT / "docs" / "CHANGELOG.md").read_text(), flags=re.M)
    browser = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())

    assert re.fullmatch(r"\d+\.\d+\.\d+", settings.VERSION)
    assert {
        changes[0], PUBLIC["softwareVersion"], browser["version"], lock["version"],
        lock["packages"][""]["version"],
    } == {settings.VERSION}  # fmt: skip


@pytest.mark.django_db
def test_who_is_signed_in_sees_the_version(client, django_user_model):
    shown = f"Fallwerk {settings.VERSION}"
    assert shown not in client.get("/accounts/login/").content.decode()
    client.force_login(django_user_model.objects.create_user("t.technik"))
    assert shown in client.get("/").content.decode()


def test_catalogues_of_public_software_find_what_they_ask_for():
    """What the standard requires, but for the licence, which its owner decides."""
    required = {
        "publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus",
        "softwareType", "description", "maintenance", "localisation",
    }  # fmt: skip
    assert required <= PUBLIC.keys()
    assert PUBLIC["localisation"]["availableLanguages"] == [code for code, _ in settings.LANGUAGES]
    for text in PUBLIC["description"].values():
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert text["features"]


def test_the_list_of_parts_is_what_the_lock_file_pins(tmp_path):
    made = tmp_path / "sbom.json"
    words = re.search(
        r"cyclonedx-py (requirements .*?) --output-file", (ROOT / "Makefile").read_text(), re.S
    )[1].replace("\\\n", " ").split()  # fmt: skip
    subprocess.run(
        [Path(sys.executable).with_name("cyclonedx-py"), *words, "--output-file", made],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    listed = json.loads(made.read_text())
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[.*\])?==([^ ;]+)", (ROOT / "requirements.txt").read_text(), re.M
    )

    assert listed["metadata"]["component"]["version"] == settings.VERSION
    assert {(each["name"], each["version"]) for each in listed["components"]} == set(pinned)
    assert "http" not in "".join(each.get("purl", "") for each in listed["components"])
