"""The worker of the task queue, with signs of life: in place of the library's, which gives none."""

from django_tasks_db.management.commands import db_worker

from jobs import lost
from jobs.runs import new_holder


class Command(db_worker.Command):
    """Works as the library's does. What it holds when it falls silent is given to others."""

    def handle(self, *, worker_id, **options):
        with lost.living(worker_id, new_holder()):
            super().handle(worker_id=worker_id, **options)
