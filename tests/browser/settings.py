"""Settings of sites for browser tests: everything on disk, tasks at once, a day of choice."""

import os
from pathlib import Path

from config.settings.test import *  # noqa: F403
from config.settings.test import STORAGES

FOLDER = Path(os.environ["BROWSER_FOLDER"])
MEDIA_ROOT = FOLDER / "media"
STORAGES = {
    **STORAGES,
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
SAMPLE_PASSWORD = "Lindental-2024"  # noqa: S105
ACCOUNT_RATE_LIMITS = False
# Errors go to the server's log, which a failing test prints.
DEBUG_PROPAGATE_EXCEPTIONS = False

if day := os.environ.get("BROWSER_DAY"):
    import time_machine

    # Noon in Berlin, and going on from there.
    time_machine.travel(f"{day}T11:00:00+00:00", tick=True).start()
