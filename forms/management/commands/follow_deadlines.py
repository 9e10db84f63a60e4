"""Let deadlines follow what no action in a case says: days that have come, amended contracts."""

from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef

from contracts.models.contract import EditionAnnex
from forms.actions.follow_deadlines import follow_deadlines
from forms.models import Case


class Command(BaseCommand):
    """A chore of the workers: what is already as it should be stays untouched."""

    help = "Bring the deadlines of all cases in line with what is known now. Safe to repeat."

    def handle(self, *args, **options):
        """Say how many deadlines were made or changed."""
        described = EditionAnnex.objects.filter(
            edition__contract=OuterRef("contract"), description_edition__isnull=False
        )
        cases = Case.objects.filter(Exists(described)).order_by("pk").values_list("pk", flat=True)
        self.stdout.write(f"{follow_deadlines(cases.iterator())} made or changed")
