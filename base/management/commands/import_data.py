"""Import files of the exchange format."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from base.acting import acting_as, system_actor
from base.exchange.importing import import_files
from base.exchange.problems import ExchangeError


class Command(BaseCommand):
    """Check files, and import them with --save: all or nothing."""

    help = "Check files of the exchange format. Imports them, all or nothing, with --save."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
        parser.add_argument("--save", action="store_true", help="write, not only check")
        parser.add_argument("--as", dest="username", help="user who imports (default: the import job)")

    def handle(self, *, paths, save, username, **options):
        actor = system_actor("import")
        if username:
            actor = get_user_model().objects.filter(username=username).first()
            if actor is None:
                raise CommandError(_("There is no user %s.") % username)
        try:
            with acting_as(actor):
                made = import_files(paths, save=save)
        except ExchangeError as error:
            lines = "\n".join(map(str, error.problems))
            raise CommandError(_("Nothing was written.") + "\n" + lines) from error
        for section, count in made.items():
            if count:
                self.stdout.write(f"{section}: {count}")
        self.stdout.write(_("Imported.") if save else _("Everything can be imported; --save writes it."))
