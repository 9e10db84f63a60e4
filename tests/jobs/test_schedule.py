"""The schedule: each period once, nothing lost while nobody looks, and when the clocks change."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.blocking import BlockingScheduler
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from contracts.billing import Period
from jobs import chores, runs, schedule, tasks
from jobs.chores import CHORES
from jobs.models import JobRun
from jobs.registry import Job, jobs
from jobs.schedule import SCHEDULE, Scheduled, Scheduler, catch_up, queue_due, reap
from tests.factories import make_user
from tests.jobs.registered import only_job

BERLIN = ZoneInfo("Europe/Berlin")
MONTHLY = Scheduled("numbers", "month", 2, time(5))
MARCH = Period.parse("2024-03")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def times_of(entry, first, last):
    """When the trigger really fires between two moments."""
    found, previous, now = [], None, at(first)
    while (fires := entry.trigger().get_next_fire_time(previous, now)) and fires <= at(last):
        found.append(fires)
        previous, now = fires, fires + timedelta(microseconds=1)
    return found


def names(periods):
    return [str(period) for period in periods]


@pytest.fixture(autouse=True)
def _installed_long_ago(monkeypatch, request):
    if "installed_now" not in request.fixturenames:
        monkeypatch.setattr(schedule, "installed_at", lambda: at("2020-01-01"))


@pytest.fixture
def installed_now():
    """Keep the time at which the database of this test was made."""


@pytest.fixture
def numbers(monkeypatch):
    """A job without contracts: its runs are done as soon as they are queued."""
    job = Job(name="numbers", label="", kind="reports", select=lambda *_: [], begin=lambda *_: list)
    only_job(monkeypatch, job)
    monkeypatch.setattr(schedule, "SCHEDULE", (MONTHLY,))


@pytest.fixture
def queued(settings):
    """Tasks wait for a worker, as in production."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
    ready = DBTaskResult.objects.filter(task_path=tasks.execute.module_path)
    return lambda: [row.args_kwargs["kwargs"]["period"] for row in ready.ready()]


def test_schedule_of_a_year():
    fired = sorted(
        (fires.strftime("%d.%m. %H:%M"), entry.job, str(entry.last_due(fires)))
        for entry in SCHEDULE
        if entry.cycle != "month"
        for fires in times_of(entry, "2024-01-01", "2024-12-31")
    )

    ended = {
        "01.": ["2023", "2023-H2", "2023-Q4"],
        "04.": ["2024-Q1"],
        "07.": ["2024-H1", "2024-Q2"],
        "10.": ["2024-Q3"],
    }
    assert fired == sorted(
        (f"{day}.{month} {hour}", job, period)
        for day, hour, job in (("01", "05:30", "reports"), ("02", "05:00", "statements"))
        for month, periods in ended.items()
        for period in periods
    )


@pytest.mark.parametrize("entry", SCHEDULE, ids=lambda entry: f"{entry.job} {entry.cycle}")
def test_each_period_fires_once_and_when_it_is_due(entry):
    fired = times_of(entry, "2024-01-01", "2027-12-31")
    periods = [entry.last_due(fires) for fires in fired]

    assert fired == [entry.fires_at(period) for period in periods]
    assert (
        len(set(periods))
        == len(periods)
        == 4 * {"month": 12, "quarter": 4, "half": 2, "year": 1}[entry.cycle]
    )
    assert all(period.cycle == entry.cycle for period in periods)
    assert all(a.last + timedelta(1) == b.first for a, b in zip(periods, periods[1:], strict=False))


def test_scheduled_jobs_exist():
    assert {entry.job for entry in SCHEDULE} <= set(jobs())


@pytest.mark.parametrize(
    ("day", "hour", "night"),
    [
        pytest.param(28, time(1, 30), "2027-03-28", id="an hour is missing, before it"),
        pytest.param(28, time(3, 30), "2027-03-28", id="an hour is missing, after it"),
        pytest.param(25, time(1, 30), "2026-10-25", id="an hour comes twice, before it"),
        pytest.param(25, time(3, 30), "2026-10-25", id="an hour comes twice, after it"),
    ],
)
def test_night_of_the_clock_change_fires_once(day, hour, night):
    entry = Scheduled("numbers", "month", day, hour)

    fired = times_of(entry, f"{night}T00:00", f"{night}T23:59")

    assert [each.time() for each in fired] == [hour]
    assert entry.last_due(fired[0]).last == date.fromisoformat(night).replace(day=1) - timedelta(1)


@pytest.mark.parametrize(
    ("day", "at_", "says"),
    [
        (1, time(2), "between"), (1, time(2, 59), "between"), (1, time(3), "between"),
        (29, time(5), "allowed are"), (0, time(5), "allowed are"),
    ],
)  # fmt: skip
def test_what_cannot_be_scheduled(day, at_, says):
    with pytest.raises(ValueError, match=says):
        Scheduled("numbers", "month", day, at_)


@pytest.mark.parametrize(
    ("after", "now", "due"),
    [
        pytest.param(None, "2024-04-05", ["2024-03"], id="never ran: the newest alone"),
        pytest.param("2024-03", "2024-04-05", [], id="nothing missed"),
        pytest.param("2024-02", "2024-04-02T04:59", [], id="not due yet"),
        pytest.param("2024-02", "2024-04-02T05:00", ["2024-03"], id="due this moment"),
        pytest.param("2024-01", "2024-05-01", ["2024-02", "2024-03"], id="two missed, oldest"),
        pytest.param("2025-01", "2024-05-01", [], id="done ahead by hand"),
        pytest.param(
            "2020-01", "2024-05-01", [f"2023-{month:02}" for month in range(3, 13)]
            + ["2024-01", "2024-02", "2024-03"], id="no further back than 400 days",
        ),
    ],
)  # fmt: skip
def test_missed_periods(after, now, due):
    assert names(MONTHLY.due_since(after and Period.parse(after), at(now))) == due


@pytest.mark.parametrize(
    ("cycle", "due"),
    [("month", "2023-12"), ("quarter", "2023-Q4"), ("half", "2023-H2"), ("year", "2023")],
)
def test_newest_due_period_of_each_cycle(cycle, due):
    entry = Scheduled("numbers", cycle, 2, time(5))

    assert str(entry.last_due(at("2024-01-02T05:00"))) == due
    assert entry.last_due(at("2024-01-02T04:59")).last < Period.parse(due).first


@pytest.mark.django_db
def test_catching_up_runs_what_was_missed_once(numbers):
    for period, status in (("2024-01", "done"), ("2024-Q1", "done"), ("2024-02", "failed")):
        JobRun.objects.create(job="numbers", period=period, status=status)
    JobRun.objects.create(job="numbers", period="2024-04", scope="C-1", status="done")

    assert names(period for _job, period in catch_up(at("2024-05-03"))) == [
        "2024-02", "2024-03", "2024-04",
    ]  # fmt: skip
    assert catch_up(at("2024-05-03")) == []
    done = JobRun.objects.filter(status="done", scope="", attempts=1).order_by("period")
    assert [run.period for run in done] == ["2024-02", "2024-03", "2024-04"]


@pytest.mark.django_db
def test_striking_twice_queues_a_period_once(numbers, queued):
    assert names(queue_due(MONTHLY, at("2024-04-02T05:00"))) == ["2024-03"]
    assert names(queue_due(MONTHLY, at("2024-04-02T05:00"))) == []
    assert queued() == ["2024-03"]


@pytest.mark.django_db
def test_scheduler_without_the_lease_does_nothing_and_catches_up_on_getting_it(numbers, queued):
    told, answers = [], iter([False, False, True, True])
    scheduler = Scheduler(hold=lambda: next(answers), tell=told.append)

    scheduler.beat()
    scheduler.strike(MONTHLY)
    assert queued() == []
    scheduler.beat()
    scheduler.beat()

    assert told == [f"numbers {MONTHLY.last_due(timezone.now())}"]
    assert len(queued()) == 1


# --- workers that were killed


@pytest.fixture
def killed(numbers, queued):
    """A run whose worker took its task from the queue, claimed it and was killed."""
    tasks.request("numbers", MARCH)
    DBTaskResult.objects.get().claim("worker")
    return runs.claim("numbers", MARCH, holder="elsewhere:1:x")


def silent_for(**ages):
    JobRun.objects.update(heartbeat_at=timezone.now() - timedelta(**ages))


@pytest.mark.django_db
def test_run_of_a_killed_worker_is_queued_again(killed, queued):
    assert reap() == []
    silent_for(seconds=50)

    assert [str(run) for run in reap()] == ["numbers 2024-03"]

    assert JobRun.objects.get().status == "waiting"
    assert queued() == ["2024-03"]
    assert [row.status for row in DBTaskResult.objects.order_by("enqueued_at")] == [
        "FAILED", "READY",
    ]  # fmt: skip
    assert reap() == []


@pytest.mark.django_db
def test_scheduler_killed_while_it_revives_a_run_leaves_it_to_the_next(killed, queued, monkeypatch):
    """Failed but not queued, a run older than the newest done one would stay a gap."""
    silent_for(seconds=50)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "request", dies)
        with pytest.raises(KeyboardInterrupt):
            reap()
    assert JobRun.objects.get().status == "running"
    assert DBTaskResult.objects.get().status == "RUNNING"

    assert [str(run) for run in reap()] == ["numbers 2024-03"]
    assert queued() == ["2024-03"]


def dies(*_args, **_kwargs):
    raise KeyboardInterrupt


@pytest.mark.django_db
def test_revived_run_still_tells_who_asked_for_it(killed):
    person = make_user()
    JobRun.objects.update(requested_by=person)
    silent_for(seconds=50)

    reap()

    assert JobRun.objects.get().requested_by == person


@pytest.mark.django_db
def test_run_that_kills_its_worker_each_time_is_given_up(killed, queued):
    JobRun.objects.update(attempts=schedule.MOST_ATTEMPTS)
    silent_for(seconds=50)

    assert reap() == []
    assert JobRun.objects.get().status == "failed"
    assert queued() == []


@pytest.mark.django_db
def test_run_that_waits_without_a_task_is_queued_again(numbers, queued):
    tasks.request("numbers", MARCH)
    silent_for(minutes=6)
    assert reap() == []

    DBTaskResult.objects.get().claim("worker killed before it claimed the run")

    assert [str(run) for run in reap()] == ["numbers 2024-03"]
    assert queued() == ["2024-03"]


@pytest.mark.once
def test_process_works_until_told_to_end(migrated_file, tmp_path):
    """One real scheduler: takes the lease, queues what is due, ends in good order."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "PYTHONUNBUFFERED": "1",
    }
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    shutil.copy(migrated_file, tmp_path / "db.sqlite3")
    with sqlite3.connect(tmp_path / "db.sqlite3") as database:
        # An installation that has been there for long has something to catch up with.
        database.execute("UPDATE django_migrations SET applied = '2020-01-01 00:00:00'")
    with subprocess.Popen(
        [*manage, "run_scheduler"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline() for _line in range(1 + len(SCHEDULE))]
        clock.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert process.returncode == 0
    assert sum("statements" in line for line in lines) == 4
    assert sum("reports" in line for line in lines) == 4


class Interrupted(BlockingScheduler):
    """A clock that is told to end before it runs, or while the thread that hears it has locks."""

    def start(self, at, *args, **kwargs):
        self.at = at
        if at == "begins":
            self._tell_to_end()
        super().start(*args, **kwargs)

    def _process_jobs(self):
        if self.at == "submits":
            with self._lookup_executor("default")._pool._shutdown_lock:
                self._tell_to_end()
        return super()._process_jobs()

    def _tell_to_end(self):
        for _time in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            clock.sleep(0.01)  # until it is heard


@pytest.mark.once
@pytest.mark.parametrize("at", ["begins", "submits"])
def test_scheduler_ends_whenever_it_is_told_to(at, migrated_file, tmp_path):
    """It took locks that the thread which was interrupted had: neither ended, nor worked."""
    shutil.copy(migrated_file, tmp_path / "db.sqlite3")
    script = (
        "import django; django.setup();"
        "from django.core.management import call_command;"
        "from jobs.management.commands import run_scheduler;"
        "from tests.jobs.test_schedule import Interrupted;"
        f"Interrupted.start = lambda it, start=Interrupted.start: start(it, {at!r});"
        "run_scheduler.BlockingScheduler = Interrupted;"
        "call_command('run_scheduler')"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0


@pytest.mark.django_db
def test_what_was_due_before_the_installation_is_left_to_people(numbers, queued, installed_now):
    assert catch_up(timezone.now()) == []


# --- the nights on which the clocks change, and a scheduler that is killed in them

EARLY, LATE = (
    Scheduled("numbers", "month", 25, time(1, 30)),
    Scheduled("numbers", "month", 25, time(3, 30)),
)
IN_MARCH = Scheduled("numbers", "month", 28, time(3, 30))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("entry", "night", "period"),
    [
        pytest.param(EARLY, "2026-10-25", "2026-09", id="an hour comes twice, before it"),
        pytest.param(LATE, "2026-10-25", "2026-09", id="an hour comes twice, after it"),
        pytest.param(IN_MARCH, "2027-03-28", "2027-02", id="an hour is missing"),
    ],
)
def test_each_period_once_however_often_it_is_asked_in_that_night(
    numbers, queued, monkeypatch, entry, night, period
):
    """Every ten minutes of the night, as real time passes, by two schedulers in turn."""
    monkeypatch.setattr(schedule, "SCHEDULE", (entry,))
    earlier = str(entry.last_due(at(f"{night}T00:00")))
    JobRun.objects.create(job="numbers", period=earlier, status=JobRun.Status.DONE)
    begin = at(f"{night}T00:00").astimezone(UTC)

    asked = [begin + timedelta(minutes=10 * step) for step in range(6 * 8)]
    made = [(moment, each) for moment in asked for _job, each in catch_up(moment)]

    assert [str(each) for _moment, each in made] == [period]
    assert made[0][0] == entry.fires_at(Period.parse(period))
    assert queued() == [period]


@pytest.mark.django_db
@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("hour", [0, 1, 2, 3, 4])
def test_scheduler_killed_in_such_a_night_leaves_no_gap_and_no_duplicate(
    numbers, queued, monkeypatch, night, hour
):
    """It dies after queueing one of two; the next one begins some real hours after midnight."""
    one, other = (
        Scheduled("numbers", "month", 20, time(5)),
        Scheduled("numbers", "quarter", 2, time(5)),
    )
    monkeypatch.setattr(schedule, "SCHEDULE", (one, other))
    midnight = at(f"{night}T00:00").astimezone(UTC)
    queue_due(one, midnight)

    for step in (hour, hour, 30):
        catch_up(midnight + timedelta(hours=step))

    month, quarter = {"2026-03-29": ("2026-02", "2025-Q4"), "2026-10-25": ("2026-09", "2026-Q3")}[
        night
    ]
    assert sorted(queued()) == sorted([month, quarter])


@pytest.mark.django_db
def test_next_run_of_each_entry_follows_the_newest_due():
    now = at("2026-03-29T04:00")

    upcoming = {(entry.job, str(entry.last_due(now))): entry.next_due(now) for entry in SCHEDULE}

    assert {key: (when.isoformat(), str(period)) for key, (when, period) in upcoming.items()} == {
        ("statements", "2026-02"): ("2026-04-02T05:00:00+02:00", "2026-03"),
        ("statements", "2025-Q4"): ("2026-04-02T05:00:00+02:00", "2026-Q1"),
        ("statements", "2025-H2"): ("2026-07-02T05:00:00+02:00", "2026-H1"),
        ("statements", "2025"): ("2027-01-02T05:00:00+01:00", "2026"),
        ("reports", "2026-02"): ("2026-04-01T05:30:00+02:00", "2026-03"),
        ("reports", "2025-Q4"): ("2026-04-01T05:30:00+02:00", "2026-Q1"),
        ("reports", "2025-H2"): ("2026-07-01T05:30:00+02:00", "2026-H1"),
        ("reports", "2025"): ("2027-01-01T05:30:00+01:00", "2026"),
    }


# --- chores, and whoever gets the lease


@pytest.fixture
def chored(queued):
    """Commands that wait for a worker."""
    ready = DBTaskResult.objects.filter(task_path=chores.carry_out.module_path)
    return lambda: [row.args_kwargs["kwargs"]["command"] for row in ready.ready()]


@pytest.mark.django_db
def test_a_chore_waits_once(chored):
    publishing, clearing = CHORES[:2]

    assert [chores.queue(publishing), chores.queue(publishing), chores.queue(clearing)] == [
        True, False, True,
    ]  # fmt: skip
    assert sorted(chored()) == ["clearsessions", "publish_due"]


@pytest.mark.django_db
@pytest.mark.parametrize("chore", CHORES[:2], ids=lambda chore: chore.command)
def test_chores_are_commands_and_safe_to_repeat(chore):
    for _time in range(2):
        chores.carry_out.call(command=chore.command)


@pytest.mark.django_db
def test_who_gets_the_lease_by_way_of_a_chore_catches_up_as_well(numbers, queued, chored):
    """Else what was missed would wait for the next scheduler."""
    told = []
    scheduler = Scheduler(hold=lambda: True, tell=told.append)

    scheduler.tidy(CHORES[0])
    scheduler.beat()

    assert told == [f"numbers {MONTHLY.last_due(timezone.now())}"]
    assert chored() == ["publish_due"]


@pytest.mark.django_db
@pytest.mark.parametrize("comes_by", [Scheduler.beat, lambda it: it.tidy(CHORES[0])])
def test_chores_that_struck_without_the_lease_are_queued_when_it_comes(numbers, chored, comes_by):
    """Those of every day would wait for a day, and for ever where a scheduler is killed daily."""
    answers = [*[False] * (len(CHORES) + 1), True]
    scheduler = Scheduler(hold=lambda: answers.pop(0), tell=lambda _text: None)

    for chore in CHORES:
        scheduler.tidy(chore)
    scheduler.beat()
    assert chored() == []

    comes_by(scheduler)
    assert sorted(chored()) == sorted(chore.command for chore in CHORES)


@pytest.mark.django_db
def test_chores_put_off_are_queued_once(numbers, chored):
    answers = [False, True, True]
    scheduler = Scheduler(hold=lambda: answers.pop(0), tell=lambda _text: None)

    scheduler.tidy(CHORES[0])
    scheduler.beat()
    assert chored() == [CHORES[0].command]
    DBTaskResult.objects.all().delete()
    scheduler.beat()
    assert chored() == []
