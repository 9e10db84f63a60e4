"""Export what is stored in the exchange format."""

from pathlib import Path

from django.core.management.base import BaseCommand

from base.exchange.exporting import export_files


class Command(BaseCommand):
    """Write everything into a folder, as files that import_data reads."""

    help = "Write everything into a folder, as files that import_data reads."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder, **options):
        for path in export_files(folder):
            self.stdout.write(str(path))
