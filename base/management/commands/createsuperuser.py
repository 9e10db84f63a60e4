"""Django's command, recorded: the only way to somebody who may do everything."""

from django.contrib.auth.management.commands import createsuperuser

from base.acting import acting_as, system_actor


class Command(createsuperuser.Command):
    """Make a superuser; the account's history says that it was done in the shell."""

    def handle(self, *args, **options):
        """Act as a job of this name: nobody else is known here."""
        with acting_as(system_actor("createsuperuser"), reason="made in the shell"):
            return super().handle(*args, **options)
