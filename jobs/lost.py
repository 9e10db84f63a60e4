"""Tasks whose worker fell silent: nobody would ever end them.

A worker holds a lease as long as it lives, whatever it is at. What it was at when the lease was
lost counts as failed, and is queued again unless it comes by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import SuspiciousOperation
from django.db import connection, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from base import database_time
from jobs import chores, lease, tasks
from jobs.models import JobRun

MOST_TRIES = 3
"""A task that so many workers died of is left to people."""

FORGOTTEN_AFTER = timedelta(days=1)
KILLED = "The process was killed."


@contextmanager
def living(worker_id: str, holder: str) -> Iterator[None]:
    """Give signs of life of a worker, as long as it lives; first clear up after others."""
    name = lease.lease_of(worker_id)
    forget_old()
    lease.take(name, holder)
    with lease.pulse(partial(lease.take, name, holder)):
        try:
            yield
        finally:
            # Who is told to end while it looks for work leaves its session in the middle of that.
            if not connection.in_atomic_block:
                connection.close()
            lease.give_back(name, holder)


def forget_old() -> None:
    """Delete leases of workers that fell silent long ago; what they held is in other hands."""
    old = database_time.now() - FORGOTTEN_AFTER
    lease.worker_leases().filter(heartbeat_at__lt=old).delete()


def reap_tasks(now: datetime | None = None) -> list[DBTaskResult]:
    """Fail the tasks of silent workers, queue again what must be; return those queued again."""
    now = now or database_time.now()
    alive = set(lease.living_workers(now).values_list("name", flat=True))
    begun = DBTaskResult.objects.running().filter(started_at__lt=now - lease.LOST_AFTER)
    silent = [
        row
        for row in begun.order_by("started_at")
        if lease.lease_of(row.worker_ids[-1]) not in alive
    ]
    return [row for row in silent if _give_up(row, now)]


@transaction.atomic
def _give_up(row: DBTaskResult, now: datetime) -> bool:
    """Both or nothing, unless the task has ended since it was read; tell if it is queued again."""
    unmoved = DBTaskResult.objects.running().filter(pk=row.pk, started_at=row.started_at)
    if not unmoved.update(status=TaskResultStatus.FAILED, finished_at=now, traceback=KILLED):
        return False
    if not _must_come_again(row):
        return False
    try:
        again = row.task.enqueue(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    except (ImportError, SuspiciousOperation):  # of a version that was here before
        return False
    # Who has tried it so far goes along, to be counted.
    DBTaskResult.objects.filter(pk=again.id).update(worker_ids=row.worker_ids)
    return True


def _must_come_again(row: DBTaskResult) -> bool:
    named = row.args_kwargs["kwargs"]
    if row.task_path == chores.carry_out.module_path and chores.next_comes_soon(named["command"]):
        return False
    if row.task_path == tasks.execute.module_path:
        # A run that was begun is revived by its own row (`schedule.reap`).
        run = {"job": named["job"], "period": named["period"], "scope": named.get("scope", "")}
        return JobRun.objects.filter(status=JobRun.Status.WAITING, **run).exists()
    return len(row.worker_ids) < MOST_TRIES
