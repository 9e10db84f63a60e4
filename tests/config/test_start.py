"""A process starts without what only few of its pages and commands need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = {"holidays", "openpyxl", "pygal"}
ASK = "import sys, config.urls; print(' '.join(sorted(sys.modules)))"


def test_what_reads_and_writes_files_is_loaded_by_who_asks_for_it():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", ASK],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert {"config.urls", "jobs.views.reports", "base.workspace.exports"} <= loaded
    assert not HEAVY & loaded


def test_settings_for_trying_are_not_taken_in_silence_where_a_database_is_named():
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment | {"DATABASE_URL": "postgresql://nobody@localhost/nothing"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "DJANGO_SETTINGS_MODULE=config.settings.production" in done.stderr
