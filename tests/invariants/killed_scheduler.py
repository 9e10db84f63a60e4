"""The scheduler, killed whenever it has written something: `python -m` this module.

DATABASE_URL names an empty, migrated database. It is filled with contracts, periods that were
missed, and what two killed workers left. Every scenario then works on a copy of it: children run
the real commands, `run_scheduler` and `db_worker`, and what they left is printed as JSON.

Their clock stands, but for a millisecond with each statement, and jumps to the next moment at
which the scheduler has something to do: two hours of a night take a second, always the same.
"""

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from time import sleep
from zoneinfo import ZoneInfo

import django
import time_machine
from apscheduler.schedulers.base import STATE_STOPPED
from apscheduler.schedulers.blocking import BlockingScheduler
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone

from base import database_time
from config.settings.base import TASKS
from tests.invariants.killing import Copies, in_child, results, signal_of

BERLIN = ZoneInfo("Europe/Berlin")
STATEMENT = timedelta(milliseconds=1)
WRITES = re.compile(r'(INSERT|UPDATE|DELETE)(?: INTO| FROM)? "(\w+)"')


def berlin(text: str) -> datetime:
    """A moment by the clocks of Berlin, with a + in the second pass of an hour that comes twice."""
    shown = datetime.fromisoformat(text.rstrip("+"))
    return shown.replace(tzinfo=BERLIN, fold=text.endswith("+")).astimezone(UTC)


@dataclass(frozen=True)
class Life:
    """How long a scheduler runs, and the signal that ends it."""

    begins: datetime
    ends: datetime
    by: int = signal.SIGTERM


class Clock(BlockingScheduler):
    """The clock of the command, but waiting takes no time: the next moment comes at once."""

    def __init__(self, life: Life, now: time_machine.Traveller, **options):
        super().__init__(**options)
        self.life, self.now = life, now

    def _main_loop(self):
        while self.state != STATE_STOPPED:
            seconds = self._process_jobs()
            # One thread does everything in turn: what was begun before this is finished.
            self._lookup_executor("default")._pool.submit(int).result()
            following = datetime.now(UTC) + timedelta(seconds=seconds)
            if following < self.life.ends:
                self.now.move_to(following)
            else:
                self.now.move_to(self.life.ends)
                os.kill(os.getpid(), self.life.by)
                while self.state != STATE_STOPPED:
                    sleep(0.001)  # another thread ends it


@dataclass
class Moment:
    """Right before a commit or right after it, and what was written in it."""

    when: str
    writes: tuple[str, ...]
    at: datetime


class Watch:
    """Notes what a process writes, and kills it at the moment that is fatal."""

    def __init__(self, now: time_machine.Traveller, fatal: Callable[[list[Moment]], bool]):
        self.now, self.fatal = now, fatal
        self.moments: list[Moment] = []
        self.pending: list[str] = []

    def begin(self) -> None:
        """Watch all connections of all threads from here on."""
        commit = BaseDatabaseWrapper._commit

        def watched(wrapper):
            writes, self.pending = tuple(self.pending), []
            if writes:
                self._reach("before", writes)
            commit(wrapper)
            if writes:
                self._reach("after", writes)

        BaseDatabaseWrapper._commit = watched
        connection_created.connect(self._connected, weak=False)

    def _connected(self, connection, **_kwargs):
        if self._executed not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._executed)

    def _executed(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        self.now.shift(STATEMENT)
        written = WRITES.match(sql)
        if written and (written[1] == "INSERT" or context["cursor"].rowcount):
            name = f"{written[1]} {written[2]}"
            if context["connection"].in_atomic_block:
                self.pending.append(name)
            else:
                self._reach("after", (name,))
        return result

    def _reach(self, when: str, writes: tuple[str, ...]) -> None:
        self.moments.append(Moment(when, writes, datetime.now(UTC)))
        if self.fatal(self.moments):
            os.kill(os.getpid(), signal.SIGKILL)


def never(_moments: list[Moment]) -> bool:
    """Whether a process dies: it lives until it is told to end."""
    return False


def schedule_during(life: Life, fatal=never) -> list[dict]:
    """Run a scheduler that lives so long, or dies at its fatal moment; what it wrote when."""
    from jobs.management.commands import run_scheduler

    with time_machine.travel(life.begins, tick=False) as now:
        watch = Watch(now, fatal)
        watch.begin()
        run_scheduler.BlockingScheduler = partial(Clock, life, now)
        call_command("run_scheduler")
    return [
        {"when": each.when, "writes": each.writes, "at": each.at.isoformat()}
        for each in watch.moments
    ]


def work(begins: datetime, fatal=never) -> None:
    """Run a worker that begins then and works until nothing waits, or dies at its moment."""
    with time_machine.travel(begins, tick=False) as now:
        Watch(now, fatal).begin()
        call_command("db_worker", batch=True, startup_delay=False, interval=0, verbosity=0)


def queue() -> dict:
    """How often each run was queued, when, and tried; what waits, and who holds a lease."""
    from django_tasks_db.models import DBTaskResult

    from jobs import tasks
    from jobs.health import LEASE
    from jobs.models import JobRun, Lease

    queued = [
        ([task.args_kwargs["kwargs"][name] for name in ("job", "period")], task)
        for task in DBTaskResult.objects.filter(task_path=tasks.execute.module_path)
    ]
    runs = JobRun.objects.filter(attempts__gt=0).order_by("job", "period")
    return {
        "tasks": sorted([*run, task.status] for run, task in queued),
        "times": sorted([*run, f"{task.enqueued_at:%d %H:%M:%S}"] for run, task in queued),
        "runs": [list(run) for run in runs.values_list("job", "period", "status", "attempts")],
        "waiting": DBTaskResult.objects.ready().count(),
        "leases": Lease.objects.filter(name=LEASE).count(),
    }


def everything() -> dict:
    """The queue and what came of it."""
    return {"queue": queue(), "results": results()}


# --- killed at every moment

QUEUES_RUN = {"INSERT jobs_jobrun", "INSERT django_tasks_database_dbtaskresult"}

FILLED = berlin("2024-07-01 12:00")
WHOLE = Life(berlin("2024-07-02 04:58:45"), berlin("2024-07-02 05:00:20"))
LATEST = berlin("2024-07-02 05:10")
SOON = timedelta(seconds=10)  # after a scheduler was killed, until somebody starts the next

DONE = {  # the newest period of each cycle that was done before
    "statements": ("2024-01", "2023-Q4", "2023-H2", "2023"),
    "reports": ("2023-H2",),
}
KILLED_AT_WORK, KILLED_BEFORE_WORK = "2024-02", "2024-03"  # what workers were killed in


def keep_to_what_is_owed() -> None:
    """Schedule reports in the one cycle in which these contracts owe them."""
    from jobs import schedule
    from jobs.management.commands import run_scheduler

    schedule.SCHEDULE = run_scheduler.SCHEDULE = tuple(
        entry for entry in schedule.SCHEDULE if entry.job == "statements" or entry.cycle == "half"
    )


def fill() -> None:
    """Contracts billed each month or quarter, with records of the missed periods."""
    from django.db.migrations.recorder import MigrationRecorder

    from jobs.models import JobRun
    from tests import factories

    for number, cycle in enumerate(("month", "month", "quarter"), 1):
        statement = {**factories.MONTHLY_STATEMENT, "cycle": cycle}
        contract = factories.make_contract(f"K-{number}", duties=[statement, factories.DUTIES[1]])
        case = factories.make_case(contract, f"K-{number}-1")
        for month in range(2, 7):
            factories.make_record(case, day=date(2024, month, 8), minutes=10 * number + month)
    for job, periods in DONE.items():
        for period in periods:
            JobRun.objects.create(job=job, period=period, status=JobRun.Status.DONE)
    # What was due before an installation began would be left to people.
    MigrationRecorder(connection).migration_qs.update(applied=berlin("2020-01-01"))


def request(period: str) -> None:
    """Queue statements."""
    from contracts.billing import Period
    from jobs import tasks

    with time_machine.travel(FILLED):
        tasks.request("statements", Period.parse(period))


def has_stored(write: str, moments: Sequence[Moment]) -> bool:
    """Whether a process has written that right now."""
    return moments[-1].when == "after" and write in moments[-1].writes


def kill_workers(name: str) -> list[int]:
    """Leave a run that is half done and one that is about to begin, both in nobody's hands."""
    ended = []
    for period, last in (
        (KILLED_AT_WORK, "INSERT jobs_statement"),
        (KILLED_BEFORE_WORK, "UPDATE django_tasks_database_dbtaskresult"),
    ):
        in_child(name, partial(request, period))
        status, _nothing = in_child(name, partial(work, FILLED, partial(has_stored, last)))
        ended.append(signal_of(status))
    return ended


def killed_everywhere(copies: Copies) -> dict:
    """Undisturbed; then killed at moments, every other time with workers at work in between."""
    with copies.copy("undisturbed") as name:
        status, moments = in_child(name, partial(schedule_during, WHOLE))
        in_child(name, partial(work, LATEST))
        _status, undisturbed = in_child(name, everything)
    report = {"status": status, "undisturbed": undisturbed, "killed": []}
    for place, (number, moment) in enumerate(different(moments)):
        died = datetime.fromisoformat(moment["at"])
        with copies.copy(f"moment_{number}") as name:
            fatal = partial(has_come_to, number)
            killed, _moments = in_child(name, partial(schedule_during, WHOLE, fatal))
            if place % 2:
                in_child(name, partial(work, died))
            status, _moments = in_child(name, partial(schedule_during, Life(died + SOON, LATEST)))
            in_child(name, partial(work, LATEST))
            report["killed"].append(
                {
                    "moment": moment,
                    "signal": signal_of(killed),
                    "status": status,
                    "left": in_child(name, everything)[1],
                }
            )
    return report


def different(moments: Sequence[dict]) -> Iterator[tuple[int, dict]]:
    """Yield moments and their numbers: after each run that is queued, and one of other kinds."""
    seen = []
    for number, moment in enumerate(moments, 1):
        kind = moment["when"], moment["writes"]
        queues_run = moment["when"] == "after" and QUEUES_RUN <= {*moment["writes"]}
        if queues_run or kind not in seen:
            yield number, moment
        seen.append(kind)


def has_come_to(number: int, moments: Sequence[Moment]) -> bool:
    """Whether a process has come to its n-th moment."""
    return len(moments) == number


# --- the nights in which the clocks change


@dataclass(frozen=True)
class Night:
    """Lives of schedulers, one after another, in a night with a run due at 01:59 and at 03:01.

    A worker may die in the first run, after the first scheduler.
    """

    day: int
    done: str
    lives: tuple[Life, ...]
    worker_dies: datetime | None = None


def dies(begins: str, ends: str) -> Life:
    """A life that ends by SIGKILL."""
    return Life(berlin(begins), berlin(ends), signal.SIGKILL)


def lives(begins: str, ends: str) -> Life:
    """A life that ends in good order."""
    return Life(berlin(begins), berlin(ends))


OCT, MAR = "2026-10-25", "2027-03-28"
TWICE, MISSING = partial(Night, 25, "2026-08"), partial(Night, 28, "2027-01")
NIGHTS = {
    "twice: lived through": TWICE((lives(f"{OCT} 01:58:30", f"{OCT} 03:01:30"),)),
    "twice: killed before it, again in the first pass": TWICE(
        (dies(f"{OCT} 01:57:30", f"{OCT} 01:58:30"), lives(f"{OCT} 02:30", f"{OCT} 03:01:30"))
    ),
    "twice: killed in the first pass, again in the second": TWICE(
        (dies(f"{OCT} 01:58:30", f"{OCT} 02:30:15"), lives(f"{OCT} 02:30+", f"{OCT} 03:01:30"))
    ),
    "twice: killed at the end of the first pass, again at once": TWICE(
        (dies(f"{OCT} 01:58:30", f"{OCT} 02:59:50"), lives(f"{OCT} 02:00:05+", f"{OCT} 03:01:30"))
    ),
    "twice: killed in the second pass, again after it": TWICE(
        (dies(f"{OCT} 01:58:30", f"{OCT} 02:10+"), lives(f"{OCT} 03:00:55", f"{OCT} 03:01:30"))
    ),
    "twice: killed in the first pass with a worker, again in the second": TWICE(
        (dies(f"{OCT} 01:58:30", f"{OCT} 02:58"), lives(f"{OCT} 02:01+", f"{OCT} 03:01:30")),
        worker_dies=berlin(f"{OCT} 02:59:30"),
    ),
    "missing: lived through": MISSING((lives(f"{MAR} 01:58:30", f"{MAR} 03:01:30"),)),
    "missing: killed before it, again after it": MISSING(
        (dies(f"{MAR} 01:57:30", f"{MAR} 01:58:30"), lives(f"{MAR} 03:00:10", f"{MAR} 03:01:30"))
    ),
    "missing: killed right after it, again at once": MISSING(
        (dies(f"{MAR} 01:58:30", f"{MAR} 03:00:25"), lives(f"{MAR} 03:00:40", f"{MAR} 03:01:30"))
    ),
    "missing: killed right before it with a worker, again at once": MISSING(
        (dies(f"{MAR} 01:58:30", f"{MAR} 01:59:45"), lives(f"{MAR} 03:00:10", f"{MAR} 03:01:30")),
        worker_dies=berlin(f"{MAR} 01:59:50"),
    ),
}


def begin(night: Night) -> None:
    """Have everything done that was due before that night."""
    from jobs.models import JobRun

    for job in DONE:
        JobRun.objects.create(job=job, period=night.done, status=JobRun.Status.DONE)


def schedule_in(night: Night, one: Life) -> None:
    """Run a scheduler with two entries that are due in that night."""
    from jobs import schedule
    from jobs.management.commands import run_scheduler

    entries = (
        schedule.Scheduled("statements", "month", night.day, time(1, 59)),
        schedule.Scheduled("reports", "month", night.day, time(3, 1)),
    )
    schedule.SCHEDULE = run_scheduler.SCHEDULE = entries
    schedule_during(one)


def die_elsewhere(night: Night) -> None:
    """Run a worker on another machine that dies at its first run: only its silence tells."""
    from jobs import runs

    runs.place = lambda: "elsewhere"
    work(night.worker_dies, partial(has_stored, "UPDATE jobs_jobrun"))


def in_nights(copies: Copies) -> dict:
    """What each night leaves, and how its schedulers ended."""
    report = {}
    for number, (label, night) in enumerate(NIGHTS.items()):
        with copies.copy(f"night_{number}") as name:
            in_child(name, partial(begin, night))
            first, *others = night.lives
            ended = [in_child(name, partial(schedule_in, night, first))[0]]
            if night.worker_dies:
                ended.append(in_child(name, partial(die_elsewhere, night))[0])
            ended += [in_child(name, partial(schedule_in, night, each))[0] for each in others]
            in_child(name, partial(work, night.lives[-1].ends))
            report[label] = {
                "signals": [signal_of(status) for status in ended],
                "queue": in_child(name, queue)[1],
            }
    return report


def main() -> None:
    """Fill, then let schedulers die on copies."""
    copies = Copies()
    keep_to_what_is_owed()
    connection.settings_dict["CONN_MAX_AGE"] = None
    with time_machine.travel(FILLED):
        fill()
        call_command("db_worker", batch=True, startup_delay=False, interval=0, verbosity=0)
    connections.close_all()
    with copies.copy("warm") as name:
        # Once in this process, so that no child has to load modules or holidays.
        connection.settings_dict["NAME"] = name
        call_command("run_job", "statements", "--period", "2024-02")
        call_command("run_job", "reports", "--period", "2023-H2")
        everything()
        connections.close_all()
    connection.settings_dict["NAME"] = copies.base
    report = {"nights": in_nights(copies), "workers": kill_workers(copies.base)}
    # SQLite keeps what was written by the dead beside the file until somebody closes it.
    connection.ensure_connection()
    connections.close_all()
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report | killed_everywhere(copies)))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    settings.TASKS = TASKS  # they wait for a worker, as in production
    database_time.now = timezone.now  # a server has no clock that stands
    django.setup()
    main()
