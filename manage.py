#!/usr/bin/env python3
"""Run Fallwerk's commands: `manage.py help` lists them."""

import atexit
import gc
import os
import sys

# What is loaded at the start stays as long as the process. To look through it for garbage, again
# and again while it grows and once more at the end, would be a third of the start.
gc.set_threshold(100_000, 50, 100)
atexit.register(gc.freeze)

from django.core.management import execute_from_command_line  # noqa: E402

UNSAID = """\
DATABASE_URL names a database, but nothing says how Fallwerk is to run on it. Set
DJANGO_SETTINGS_MODULE=config.settings.production, or config.settings.local to try it out."""

if __name__ == "__main__":
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        # The settings for trying would be taken in silence, on what may be everybody's data.
        if os.environ.get("DATABASE_URL"):
            sys.exit(UNSAID)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    execute_from_command_line(sys.argv)
