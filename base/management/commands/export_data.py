"""Export what is stored in the exchange format."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.acting import acting_as, system_actor
from base.exchange.exporting import export_files, left_out
from base.models import Event
from base.trail.events import record

TITLE = gettext_lazy("Export of the stored data")
OWNER_ONLY = 0o077
"""Nobody but who runs the command reads the files it writes."""


class Command(BaseCommand):
    """Write everything into a folder, as files that import_data reads.

    Who runs a command is asked for no rights. So what not everybody may read stays inside unless
    it is asked for, with a reason; and the history names every export.
    """

    help = "Write everything into a folder, as files that import_data reads."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--results",
            action="store_true",
            help="also statements and reports, to compare runs; import_data refuses them",
        )
        parser.add_argument(
            "--protected",
            action="store_true",
            help="also what not everybody may read: who clients are, what forms say",
        )
        parser.add_argument("--reason", default="", help="why; needed with --protected")
        parser.add_argument(
            "--as", dest="username", help="user who exports (default: the export job)"
        )

    def handle(self, *, folder, results, protected, reason, username, **options):
        if protected and not reason.strip():
            raise CommandError(_("--protected needs a --reason: the history will name it."))
        written = {}
        with acting_as(_actor(username)), _umask(OWNER_ONLY):
            try:
                written = export_files(folder, results=results, protected=protected)
            finally:
                # Also of an export that broke off: files may have been written.
                detail = {
                    "sections": {path.stem: count for path, count in written.items()},
                    "protected": protected,
                    "reason": reason.strip(),
                }
                record(Event.Kind.EXPORT, title=str(TITLE), detail=detail)
        for path in written:
            self.stdout.write(str(path))
        if not protected:
            self.stderr.write(_("Left out without --protected: %s") % ", ".join(left_out()))


def _actor(username: str | None):
    if not username:
        return system_actor("export")
    actor = get_user_model().objects.filter(username=username).first()
    if actor is None:
        raise CommandError(_("There is no user %s.") % username)
    return actor


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
