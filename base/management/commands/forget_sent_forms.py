"""Forget forms that were sent so long ago that no browser sends them again."""

from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.models import SentForm

KEPT = timedelta(days=30)
"""A page left open, or a draft kept on a device (a week), is sent within that."""


class Command(BaseCommand):
    """A chore of the workers; does nothing where nothing is old enough."""

    help = "Forget forms that were sent more than a month ago."

    def handle(self, *args, **options):
        """Say how many were forgotten."""
        forgotten, _by_model = SentForm.objects.filter(at__lt=timezone.now() - KEPT).delete()
        self.stdout.write(f"{forgotten} forgotten")
