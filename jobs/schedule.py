"""The schedule: which job runs for which periods, and when. Adding a job is one line here.

Everything counts by period, never by time of day: a period that is due and not done is queued,
once, however often that is asked (after a restart, by a second scheduler, when clocks change).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from base import database_time
from base.queue import waiting
from contracts.billing import Period
from contracts.dates.duties import MONTHS_PER_CYCLE, Cycle, period_end, period_start
from jobs import batches, chores, lost, tasks
from jobs.models import JobRun
from jobs.registry import job_named
from jobs.runs import abandoned, is_dead

BERLIN = ZoneInfo("Europe/Berlin")
LOOK_BACK = timedelta(days=400)
MOST_ATTEMPTS = 10
WAITS = timedelta(minutes=5)  # without a task in the queue, until it counts as forgotten
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scheduled:
    """A job for every period of a cycle, on a day and time of the month after the period ends.

    Raises ValueError for a day not every month has, and for 02:00 to 03:00: that hour exists
    twice in one night of the year, and in another not at all.
    """

    job: str
    cycle: Cycle
    day: int
    at: time

    def __post_init__(self):
        if not 1 <= self.day <= 28:
            raise ValueError(f"day {self.day}: allowed are 1 to 28")
        if time(2) <= self.at <= time(3):
            raise ValueError(f"{self.at}: nothing is scheduled between 02:00 and 03:00")

    def trigger(self) -> CronTrigger:
        """Return when it fires, for APScheduler."""
        step = MONTHS_PER_CYCLE[self.cycle]
        months = ",".join(str(month) for month in range(1, 13, step))
        return CronTrigger(
            month=months, day=self.day, hour=self.at.hour, minute=self.at.minute, timezone=BERLIN
        )

    def fires_at(self, period: Period) -> datetime:
        """Return when the run for a period is due."""
        following = period.last + ONE_DAY
        return datetime.combine(following.replace(day=self.day), self.at, tzinfo=BERLIN)

    def next_due(self, now: datetime) -> tuple[datetime, Period]:
        """Return when the next run is due, and for which period."""
        ended = self.last_due(now)
        first = ended.last + ONE_DAY
        period = Period(first, period_end(self.cycle, first))
        return self.fires_at(period), period

    def last_due(self, now: datetime) -> Period:
        """Return the newest period whose run is due."""
        period = self._before(now.astimezone(BERLIN).date())
        return period if self.fires_at(period) <= now else self._before(period.first)

    def due_since(self, after: Period | None, now: datetime) -> list[Period]:
        """Return the periods after that one whose runs are due, oldest first; None: the newest.

        Runs that were due longer ago than `LOOK_BACK` are left to people.
        """
        newest = self.last_due(now)
        if after is None:
            return [newest]
        found, period = [], newest
        while period.first > after.last and self.fires_at(period) > now - LOOK_BACK:
            found.append(period)
            period = self._before(period.first)
        return found[::-1]

    def _before(self, day: date) -> Period:
        """The last period that ended before a day."""
        last = self._start(day) - ONE_DAY
        return Period(self._start(last), last)

    def _start(self, day: date) -> date:
        return period_start(self.cycle, day)


SCHEDULE = (
    Scheduled("statements", "month", 2, time(5)),
    Scheduled("statements", "quarter", 2, time(5)),
    Scheduled("statements", "half", 2, time(5)),
    Scheduled("statements", "year", 2, time(5)),
    Scheduled("reports", "month", 1, time(5, 30)),
    Scheduled("reports", "quarter", 1, time(5, 30)),
    Scheduled("reports", "half", 1, time(5, 30)),
    Scheduled("reports", "year", 1, time(5, 30)),
)


def last_done(entry: Scheduled) -> Period | None:
    """Return the newest period of the entry's cycle that was done for all contracts."""
    runs = JobRun.objects.filter(job=entry.job, scope="", status=JobRun.Status.DONE).order_by("pk")
    periods = map(Period.parse, runs.values_list("period", flat=True))
    return max((period for period in periods if period.cycle == entry.cycle), default=None)


def installed_at() -> datetime:
    """Return when this installation began: when its first migration was applied.

    What was due before came from elsewhere, was imported, and is run by people if at all.
    """
    applied = MigrationRecorder(connection).migration_qs.order_by("applied")
    return applied.values_list("applied", flat=True)[0]


def queue_due(entry: Scheduled, now: datetime | None = None) -> list[Period]:
    """Queue the periods of an entry that are due and not done; return those queued now."""
    job_named(entry.job)
    begun = installed_at()
    due = entry.due_since(last_done(entry), now or timezone.now())
    return [
        period
        for period in due
        if entry.fires_at(period) > begun and tasks.request(entry.job, period)
    ]


def catch_up(now: datetime | None = None) -> list[tuple[str, Period]]:
    """Queue everything that was missed while no scheduler ran; return job and period of each."""
    return [(entry.job, period) for entry in SCHEDULE for period in queue_due(entry, now)]


def reap(now: datetime | None = None) -> list[JobRun]:
    """Queue runs whose worker was killed; return them.

    A run that has killed its process again and again is failed instead, for people to look at.
    """
    now = now or database_time.now()
    running = JobRun.objects.filter(status=JobRun.Status.RUNNING).order_by("pk")
    silent = set(running.filter(abandoned(now)).values_list("pk", flat=True))
    left = [run for run in running if run.pk in silent or is_dead(run.holder)]
    revived = [run for run in left if _revive(run, now)]
    batches.forget_left()
    waits = JobRun.objects.filter(status=JobRun.Status.WAITING, heartbeat_at__lt=now - WAITS)
    forgotten = [
        run for run in waits.order_by("pk") if not waiting(tasks.execute, **_named(run)).count
    ]
    return revived + [run for run in forgotten if _fail_and_request(run, now)]


def _revive(run: JobRun, now: datetime) -> bool:
    if run.attempts < MOST_ATTEMPTS:
        return _fail_and_request(run, now)
    _fail(run, now)
    return False


@transaction.atomic
def _fail_and_request(run: JobRun, now: datetime) -> bool:
    """Both or nothing: a failed run older than the newest done one is left to people."""
    return _fail(run, now) and tasks.request(
        run.job, Period.parse(run.period), run.scope, by=run.requested_by
    )


@transaction.atomic
def _fail(run: JobRun, now: datetime) -> bool:
    """Fail a run and its task, unless it has moved since it was read."""
    unmoved = JobRun.objects.filter(
        pk=run.pk, status=run.status, attempts=run.attempts, heartbeat_at=run.heartbeat_at
    )
    error = "The process was killed."
    failed = unmoved.update(status=JobRun.Status.FAILED, finished_at=now, error=error)
    if failed:
        of_run = DBTaskResult.objects.filter(
            task_path=tasks.execute.module_path, args_kwargs__kwargs=_named(run)
        )
        of_run.running().update(status=TaskResultStatus.FAILED, finished_at=now, traceback=error)
    return bool(failed)


def _named(run: JobRun) -> dict:
    """What its task is told."""
    return {"job": run.job, "period": run.period, "scope": run.scope}


class Scheduler:
    """What the scheduling process does when its clock strikes, as long as it holds the lease."""

    def __init__(self, hold: Callable[[], bool], tell: Callable[[str], None]):
        self.hold, self.tell = hold, tell
        self.held = False
        self.put_off: dict[str, chores.Chore] = {}

    def beat(self) -> None:
        """Renew the lease; on getting it catch up; look for what silent workers held."""
        if self._holds():
            for run in reap():
                self.tell(str(run))
            for task in lost.reap_tasks():
                self.tell(task.task_path)

    def tidy(self, chore: chores.Chore) -> None:
        """Queue a chore; without the lease, as soon as it is here: the next time may be a day away.

        A scheduler that was killed and starts again gets its lease only when the old one is lost.
        """
        self.put_off[chore.command] = chore
        if self._holds():
            self._queue_put_off()

    def strike(self, entry: Scheduled) -> None:
        """Queue what an entry makes due now."""
        if self._holds():
            for period in queue_due(entry):
                self.tell(f"{entry.job} {period}")

    def _holds(self) -> bool:
        """Take or renew the lease. Whoever gets it, whatever for, first queues what was missed."""
        before, self.held = self.held, self.hold()
        if self.held and not before:
            for job, period in catch_up():
                self.tell(f"{job} {period}")
            self._queue_put_off()
        return self.held

    def _queue_put_off(self) -> None:
        for command, chore in list(self.put_off.items()):
            chores.queue(chore)
            del self.put_off[command]
