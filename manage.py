#!/usr/bin/env python3
"""Run Fallwerk's commands: `manage.py help` lists them."""

import gc
import os
import sys

# What is loaded at the start stays as long as the process. To look through it for garbage, again
# and again while it grows, would be a fifth of the start.
gc.disable()

import django  # noqa: E402
from django.core.management import execute_from_command_line  # noqa: E402

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    gc.freeze()
    gc.enable()
    execute_from_command_line(sys.argv)
