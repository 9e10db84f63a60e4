"""Compile locale/*/LC_MESSAGES/*.po, so that no machine needs a system gettext."""

import os
from collections.abc import Iterable
from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


def compile_translations(folders: Iterable[Path]) -> list[Path]:
    """Compile every .po file in these folders that is newer than its .mo; return those written.

    Each file appears in one step, so that a process reading it never sees half of it.
    """
    written = []
    for folder in folders:
        for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            unfinished = target.with_suffix(f".{os.getpid()}")
            polib.pofile(source).save_as_mofile(unfinished)
            unfinished.replace(target)
            written.append(target)
    return written


class Command(BaseCommand):
    help = "Compile the translations that changed."
    requires_system_checks = ()

    def handle(self, **options):
        for target in compile_translations(settings.LOCALE_PATHS):
            self.stdout.write(f"Compiled {target}.")
