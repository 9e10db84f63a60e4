"""Publish what was approved for a moment that has come."""

import logging

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from base.scheduling import publish_due

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Warns of each draft that cannot be published any more; it stays scheduled."""

    help = "Publish scheduled content that is due, each draft by itself. Safe to repeat."

    def handle(self, **options):
        due = publish_due()
        for refusal in due.refused:
            logger.warning("Scheduled, but not published: %s", refusal)
        self.stdout.write(_("Published: %d") % due.published)
