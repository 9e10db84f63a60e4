"""Import files of the exchange format."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.acting import acting_as, system_actor
from base.exchange.importing import import_files
from base.problems import ExchangeError

SHOWN = 100  # wrong places; nobody reads more at once


class Command(BaseCommand):
    """Check files, and import them with --save: all or nothing."""

    help = "Check files of the exchange format. Imports them, all or nothing, with --save."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
        parser.add_argument("--save", action="store_true", help="write, not only check")
        parser.add_argument(
            "--as", dest="username", help="user who imports (default: the import job)"
        )
        parser.add_argument(
            "--confirm", action="store_true", help="say yes to all rows that are asked about"
        )

    def handle(self, *, paths, save, username, confirm, **options):
        notes = []
        try:
            # The job's user too is written only with the rest.
            with transaction.atomic():
                with acting_as(self._actor(username)):
                    made = import_files(paths, save=save, confirmed=confirm, notes=notes)
                transaction.set_rollback(not save)
        except ExchangeError as error:
            raise CommandError(self._refusal(error)) from error
        for note in notes:
            self.stdout.write(str(note))
        for section, count in made.items():
            if count:
                self.stdout.write(f"{section}: {count}")
        self.stdout.write(
            _("Imported.") if save else _("Everything can be imported; --save writes it.")
        )

    def _actor(self, username):
        if not username:
            return system_actor("import")
        actor = get_user_model().objects.filter(username=username).first()
        if actor is None:
            raise CommandError(_("There is no user %s.") % username)
        return actor

    def _refusal(self, error):
        lines = [_("Nothing was written."), *map(str, error.problems[:SHOWN])]
        if more := len(error.problems) - SHOWN:
            lines += [_("… and %d more.") % more] if more > 0 else []
        if asked := sum(problem.asks for problem in error.problems):
            lines.append(
                ngettext(
                    "%d row is asked about: is it meant so, import with --confirm.",
                    "%d rows are asked about: are they all meant so, import with --confirm.",
                    asked,
                )
                % asked
            )
        return "\n".join(lines)
