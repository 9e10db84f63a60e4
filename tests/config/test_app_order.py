"""Each app starts with only those before it: what the import linter cannot see, this does."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

APPS = settings.FALLWERK_APPS

START = """
import sys
import django
from django.core.management import call_command

django.setup()
call_command("check")
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
later = sys.argv[1:]
loaded = sorted(name for name in sys.modules if name.split(".")[0] in later)
sys.exit(f"also loaded: {', '.join(loaded)}" if loaded else 0)
"""


@pytest.mark.once
@pytest.mark.parametrize("place", range(len(APPS)), ids=APPS)
def test_app_starts_with_only_those_before_it(place):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.config.settings_of_first_apps",
        "FIRST_APPS": str(place + 1),
        "DATABASE_URL": "sqlite://:memory:",
    }

    started = subprocess.run(
        [sys.executable, "-c", START, *APPS[place + 1 :], "config.urls"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert started.returncode == 0, started.stderr
