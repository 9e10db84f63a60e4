"""Explain a statement, or one of its lines."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jobs.explanation.amounts import explain
from jobs.models import Statement


class Command(BaseCommand):
    """Print how each amount arises, down to records, clause, rate and rounding."""

    help = "Print how each amount of a statement arises."

    def add_arguments(self, parser):
        parser.add_argument("statement", help="number of an issued statement, or its id")
        parser.add_argument("line", nargs="?", type=int, help="position of one line")

    def handle(self, *, statement, line, **options):
        found = Statement.objects.filter(number=statement).first()
        if found is None and statement.isdigit():
            found = Statement.objects.filter(pk=int(statement)).first()
        if found is None:
            raise CommandError(_("There is no statement %s.") % statement)
        if line and not found.lines.filter(position=line).exists():
            positions = found.lines.count()
            raise CommandError(
                _("Line %(line)d: allowed are 1 to %(last)d.") % {"line": line, "last": positions}
            )
        for text in explain(found, line):
            self.stdout.write(text)
