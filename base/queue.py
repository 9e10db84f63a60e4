"""What waits for workers: in the table of the database, or with a broker where there is one.

Tasks are asked for through Django's interface, which tells of one by its number and of all by
nothing. Nothing of ours rests on what a broker remembers: what must happen stands in rows, and
whoever looks after them asks again.
"""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Min
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

BROKER = "base.broker.Backend"


class Unreachable(Exception):
    """The broker does not answer."""


class Waiting(NamedTuple):
    """How many tasks nobody has begun, and since when the oldest waits."""

    count: int
    oldest_at: datetime | None


def has_broker() -> bool:
    """Whether tasks wait with a broker."""
    return settings.TASKS["default"]["BACKEND"] == BROKER


def with_broker():
    """Return the broker's queue."""
    # Here, for they are there only where a broker is.
    import django_rq
    from django_tasks_rq import Job

    return django_rq.get_queue("default", job_class=Job)


def waiting(task: Task | None = None, **arguments) -> Waiting:
    """Return what waits: of one task, with these arguments, or of all.

    Raises `Unreachable`.
    """
    if has_broker():
        found = [
            job.enqueued_at
            for job in _known_to_broker(lambda queue: queue.job_ids)
            if (task is None or job.func_name == task.module_path)
            and (not arguments or job.kwargs == arguments)
        ]
        return Waiting(len(found), min(found, default=None))
    rows = DBTaskResult.objects.ready()
    if task:
        rows = rows.filter(task_path=task.module_path)
    if arguments:
        rows = rows.filter(args_kwargs__kwargs=arguments)
    return Waiting(rows.count(), rows.aggregate(oldest=Min("enqueued_at"))["oldest"])


def begun(task: Task | None = None, since: datetime | None = None) -> int:
    """Return how many tasks workers are at, begun since a moment.

    Raises `Unreachable`.
    """
    if has_broker():
        return sum(
            (task is None or job.func_name == task.module_path)
            and (since is None or (job.started_at and job.started_at > since))
            for job in _known_to_broker(lambda queue: queue.started_job_registry.get_job_ids())
        )
    rows = DBTaskResult.objects.running()
    if task:
        rows = rows.filter(task_path=task.module_path)
    if since:
        rows = rows.filter(started_at__gt=since)
    return rows.count()


def _known_to_broker(numbers) -> list:
    """The jobs of these numbers, but for those that are gone since."""
    from redis.exceptions import RedisError

    queue = with_broker()
    try:
        jobs = queue.job_class.fetch_many(
            numbers(queue), queue.connection, serializer=queue.serializer
        )
    except RedisError as error:
        raise Unreachable from error
    return [job for job in jobs if job]
