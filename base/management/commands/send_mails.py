"""Send e-mails that could not be sent before."""

from django.core.management.base import BaseCommand

from base.accounts.mails import send_due


class Command(BaseCommand):
    """A chore of the workers; does nothing where nothing is due."""

    help = "Send e-mails that wait for another attempt."

    def handle(self, *args, **options):
        """Say how many went."""
        self.stdout.write(f"{send_due()} sent")
