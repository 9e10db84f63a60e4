"""Print the fields of the exchange format."""

from django.core.management.base import BaseCommand

from base.exchange.describing import describe_format


class Command(BaseCommand):
    """Print the fields of the exchange format as Markdown: docs/exchange-fields.md."""

    help = "Print the fields of the exchange format as Markdown, for docs/exchange-fields.md."

    def handle(self, **options):
        self.stdout.write(describe_format(), ending="")
