"""Bring the public pages of service descriptions up to date of which an edition has begun."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from cms.actions.follow_description import follow_begun


class Command(BaseCommand):
    """A chore of the workers: on the day an edition begins to apply, nobody publishes anything."""

    help = "Let pages of services say what has begun to apply. Safe to repeat."

    def handle(self, *args, **options):
        """Say how many pages were brought up to date."""
        self.stdout.write(f"{follow_begun(timezone.localdate())} brought up to date")
