"""Whether the processes behind the screens are at work: the scheduler and the workers.

Neither can be asked. All renew their leases; workers show also by what they fetch from the queue,
and there is always something to fetch (see `jobs.chores`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max
from django_tasks_db.models import DBTaskResult

from base.queue import Unreachable, begun, waiting
from jobs import lease
from jobs.models import JobRun, Lease
from jobs.runs import STALE_AFTER

LEASE = "scheduler"
"""The name of the lease that the scheduling process holds."""

FETCHED_WITHIN = timedelta(minutes=2)
"""Work that waits longer is fetched by nobody, unless all workers are busy."""

SEEN_WITHIN = timedelta(minutes=10)
"""Two of the shortest intervals of `jobs.chores`: then something must have been done."""


class Condition(StrEnum):
    """How a process does."""

    WORKS = "works"
    SILENT = "silent"
    MISSING = "missing"


@dataclass(frozen=True)
class SchedulerHealth:
    """Whether the schedule is watched; `seen_at` is the last sign of life, None: never."""

    condition: Condition
    seen_at: datetime | None = None


@dataclass(frozen=True)
class WorkerHealth:
    """Whether queued work is done: what waits, since when, what runs, when anything ended last."""

    condition: Condition
    waiting: int
    running: int
    oldest_at: datetime | None
    seen_at: datetime | None


def scheduler_health(now: datetime) -> SchedulerHealth:
    """Return how the scheduler does. One that ended in good order is missing, not silent."""
    held = Lease.objects.filter(name=LEASE).first()
    if held is None:
        return SchedulerHealth(Condition.MISSING)
    alive = held.heartbeat_at >= now - lease.LOST_AFTER
    return SchedulerHealth(Condition.WORKS if alive else Condition.SILENT, held.heartbeat_at)


def worker_health(now: datetime) -> WorkerHealth:
    """Return how the workers do, all of them together.

    Silent: work waits and nobody is at any. Missing: nothing was done for long, and nothing waits
    either, because the scheduler queues nothing.
    """
    finished = DBTaskResult.objects.aggregate(last=Max("finished_at"))["last"]
    beating = JobRun.objects.filter(
        status=JobRun.Status.RUNNING, heartbeat_at__gte=now - STALE_AFTER
    ).aggregate(last=Max("heartbeat_at"))["last"]
    living = lease.living_workers(now).aggregate(last=Max("heartbeat_at"))["last"]
    seen = max((moment for moment in (finished, beating, living) if moment), default=None)
    try:
        waits, running = waiting(), begun()
    except Unreachable:
        return WorkerHealth(Condition.SILENT, 0, 0, oldest_at=None, seen_at=seen)
    waited = waits.oldest_at is not None and waits.oldest_at < now - FETCHED_WITHIN
    if beating is not None:
        condition = Condition.WORKS
    elif living is not None and (running or not waited):
        condition = Condition.WORKS
    elif waited:
        condition = Condition.SILENT
    elif seen is not None and seen >= now - SEEN_WITHIN:
        condition = Condition.WORKS
    else:
        condition = Condition.MISSING
    return WorkerHealth(
        condition=condition,
        waiting=waits.count,
        running=running,
        oldest_at=waits.oldest_at,
        seen_at=seen,
    )
