"""Forget follow-ups whose day came so long ago that they keep nothing out of a worklist."""

from datetime import timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from base.models import FollowUp

KEPT = timedelta(days=30)
"""Whoever puts the same thing off again within that goes on with the same follow-up."""


class Command(BaseCommand):
    """A chore of the workers; does nothing where nothing is old enough."""

    help = "Forget follow-ups whose day came more than a month ago."

    @transaction.atomic
    def handle(self, *args, **options):
        """Say how many were forgotten; each leaves its history."""
        past = FollowUp.objects.filter(day__lt=timezone.localdate() - KEPT)
        # Locked, so that none goes that its owner gives another day meanwhile.
        forgotten = list(past.select_for_update())
        for each in forgotten:
            each.delete()
        self.stdout.write(f"{len(forgotten)} forgotten")
