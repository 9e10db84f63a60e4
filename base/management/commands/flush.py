"""Django's flush, through the gate."""

from django.core.management.commands import flush

from base.immutability import opened_gate


class Command(flush.Command):
    """Empties all tables, frozen ones included; what remains is the record of doing so."""

    def handle(self, **options):
        with opened_gate("flush"):
            super().handle(**options)
