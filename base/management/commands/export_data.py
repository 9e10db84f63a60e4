"""Export what is stored in the exchange format."""

from pathlib import Path

from django.core.management.base import BaseCommand

from base.exchange.exporting import export_files


class Command(BaseCommand):
    """Write everything into a folder, as files that import_data reads."""

    help = "Write everything into a folder, as files that import_data reads."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--results",
            action="store_true",
            help="also statements and reports, to compare runs; import_data refuses them",
        )

    def handle(self, *, folder, results, **options):
        for path in export_files(folder, results=results):
            self.stdout.write(str(path))
