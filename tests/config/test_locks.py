"""The lock files pin everything by hash and name no place to get it from."""

import re

import pytest
from django.conf import settings


@pytest.mark.once
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_names_hashes_and_no_host(name):
    lock = (settings.BASE_DIR / name).read_text()
    pins = re.findall(r"^[a-z0-9][^\n]*(?:\n[ ]{4}[^\n]*)*", lock, flags=re.MULTILINE)

    assert len(pins) > 20
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
    assert re.findall(r"://|--index|--find-links|--extra", lock) == []


@pytest.mark.once
def test_runtime_pins_are_those_the_tests_ran_with():
    def pins(name):
        lines = (settings.BASE_DIR / name).read_text().splitlines()
        return {line.rstrip(" \\") for line in lines if re.match(r"[a-z0-9].*==", line)}

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
