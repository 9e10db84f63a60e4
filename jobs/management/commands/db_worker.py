"""The worker of the task queue, with signs of life: in place of the library's, which gives none."""

from functools import partial

from django_tasks_db.management.commands import db_worker

from jobs import batches, lease, lost
from jobs.runs import new_holder


class Command(db_worker.Command):
    """Works as the library's does. What it holds when it falls silent is given to others."""

    def handle(self, *, worker_id, **options):
        name, holder = lease.lease_of(worker_id), new_holder()
        lost.forget_old()
        batches.forget_left()
        lease.take(name, holder)
        with lease.pulse(partial(lease.take, name, holder)):
            try:
                super().handle(worker_id=worker_id, **options)
            finally:
                lease.give_back(name, holder)
