"""Compute some statements unasked, to find what left no mark."""

from django.core.management.base import BaseCommand

from jobs.spot_checks import spot_check


class Command(BaseCommand):
    """A chore of the workers; writes no statement. What differs shows where failed runs do."""

    help = "Compute some statements again that nothing has changed for, and tell of differences."

    def handle(self, *args, **options):
        """Say how many differ."""
        self.stdout.write(f"{len(spot_check())} different")
