"""Proof that nothing changed behind the back of history and triggers."""

from django.core.management.base import BaseCommand, CommandError

from base.integrity import findings


class Command(BaseCommand):
    help = (
        "Check that history equals the live rows, that frozen rows are protected, and what"
        " other apps register. Exits with 1 if anything is found."
    )

    def handle(self, **options):
        count = 0
        for finding in findings():
            self.stdout.write(finding)
            count += 1
        if count:
            raise CommandError(f"{count} findings.")
        self.stdout.write("Nothing found.")
