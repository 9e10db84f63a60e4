"""Migrate the database, and say how far that is: a new one takes half a minute."""

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from base.progress import phase


class Command(migrate.Command):
    """`migrate` with one line that counts instead of one for each migration."""

    help = "Bring the database up to date, counting the migrations."

    def handle(self, *args, **options):
        """Migrate; says nothing where there is nothing to do."""
        executor = MigrationExecutor(connections[options["database"]])
        todo = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if not todo:
            super().handle(*args, **options | {"verbosity": 0})
            return
        with phase(self.stdout, _("Preparing the database"), todo) as self.tick:
            super().handle(*args, **options | {"verbosity": 0})

    def migration_progress_callback(self, action, migration=None, fake=False):
        """Count what has been applied."""
        if action == "apply_success":
            self.tick()
