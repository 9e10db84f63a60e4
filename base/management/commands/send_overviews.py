"""Send everybody who wants it an overview of their worklist, once a working day."""

from django.core.management.base import BaseCommand

from base.workspace.overview import queue_overviews


class Command(BaseCommand):
    """A chore of the workers; does nothing at night, on Saturdays and Sundays, and twice a day."""

    help = "Queue overviews of worklists as e-mails, once for each person and working day."

    def handle(self, *args, **options):
        """Say how many were queued."""
        self.stdout.write(f"{queue_overviews()} queued")
