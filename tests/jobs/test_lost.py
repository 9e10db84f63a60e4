"""What a worker was at when it fell silent ends, whatever it was, and comes again if it must."""

import sys
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import module_has_submodule
from django_tasks.base import Task
from django_tasks_db.management.commands import db_worker as library
from django_tasks_db.models import DBTaskResult

from base.models import Event
from base.tasks import check_integrity
from contracts.billing import Period
from jobs import chores, lease, lost, tasks
from jobs.health import Condition, worker_health
from jobs.lease import lease_of
from jobs.lost import reap_tasks
from jobs.models import JobRun, Lease
from jobs.schedule import Scheduler
from tests.factories import make_commissioning_body, make_member

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=2)


@pytest.fixture(autouse=True)
def _queued(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def all_tasks() -> dict[str, Task]:
    """Every task that the product or its libraries can queue, by its path."""
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "tasks"):
            import_module(f"{config.name}.tasks")
    found = (
        value
        for name, module in list(sys.modules.items())
        if not name.startswith("tests")
        for value in vars(module).values()
        if issubclass(type(value), Task)  # lazy objects would wake if asked for their class
    )
    return {task.module_path: task for task in found}


TASKS = all_tasks()
COME_BY_THEMSELVES = {
    chores.carry_out.module_path: "Queued every few minutes, but for those of each day.",
    tasks.execute.module_path: "Revived by the row of the run.",
}


def begun(task, *args, by="silent", **kwargs) -> DBTaskResult:
    """A task that a worker has taken from the queue, two minutes ago."""
    row = DBTaskResult.objects.get(pk=task.enqueue(*args, **kwargs).id)
    row.claim(by)
    DBTaskResult.objects.filter(pk=row.pk).update(started_at=timezone.now() - LONG_AGO)
    row.refresh_from_db()
    return row


def last_sign(worker: str, ago: timedelta) -> None:
    moment = timezone.now() - ago
    Lease.objects.create(name=lease_of(worker), holder="x", heartbeat_at=moment)


def ready() -> list[str]:
    return list(DBTaskResult.objects.ready().values_list("task_path", flat=True))


def test_tasks_there_are():
    own = {path for path in TASKS if not path.startswith("wagtail")}
    assert own >= {check_integrity.module_path, *COME_BY_THEMSELVES}
    assert any(path.startswith("wagtail") for path in TASKS)


@pytest.mark.parametrize("path", TASKS)
def test_whatever_a_silent_worker_was_at_ends_and_comes_again(path):
    arguments = {
        tasks.execute.module_path: {"job": "statements", "period": "2024-03"},
        chores.carry_out.module_path: {"command": "publish_due"},
    }.get(path, {})
    row = begun(TASKS[path], **arguments)
    last_sign("silent", LONG_AGO)

    assert [again.pk for again in reap_tasks()] == ([] if path in COME_BY_THEMSELVES else [row.pk])

    assert not DBTaskResult.objects.running().exists()
    assert ready() == ([] if path in COME_BY_THEMSELVES else [path])
    assert reap_tasks() == []


@pytest.mark.parametrize("chore", chores.CHORES, ids=lambda chore: chore.command)
def test_chore_of_a_silent_worker_comes_again_unless_its_next_time_is_near(chore):
    begun(chores.carry_out, command=chore.command)
    last_sign("silent", LONG_AGO)

    reap_tasks()

    comes_again = chore.every > timedelta(hours=1)
    assert ready() == [chores.carry_out.module_path] * comes_again


def test_chore_that_is_none_any_more_does_not_come_again():
    begun(chores.carry_out, command="of_a_version_before")

    assert reap_tasks() == []


@pytest.mark.parametrize(
    ("signs", "lives"),
    [
        pytest.param([timedelta(seconds=30)], True, id="gives signs of life"),
        pytest.param([timedelta(seconds=50)], False, id="gives none any more"),
        pytest.param([], False, id="has never given one, or ended"),
    ],
)
def test_worker_is_known_by_its_signs_of_life(signs, lives):
    begun(check_integrity, by="w" * 64)  # the longest id there is
    for ago in signs:
        last_sign("w" * 64, ago)

    assert bool(reap_tasks()) != lives


def test_task_that_has_only_begun_is_left_alone():
    """A worker writes its first sign of life before; but who knows whose clock was asked."""
    row = begun(check_integrity)
    DBTaskResult.objects.filter(pk=row.pk).update(started_at=timezone.now())
    assert reap_tasks() == []


def test_task_that_kills_its_workers_is_given_up():
    begun(check_integrity)
    for _time in range(lost.MOST_TRIES - 1):
        assert reap_tasks()
        row = DBTaskResult.objects.ready().get()
        row.claim("next")
        DBTaskResult.objects.filter(pk=row.pk).update(started_at=timezone.now() - LONG_AGO)

    assert reap_tasks() == []
    assert ready() == []
    assert not DBTaskResult.objects.running().exists()


def test_run_whose_worker_died_before_it_claimed_it_need_not_wait():
    tasks.request("statements", Period.parse("2024-03"))
    row = DBTaskResult.objects.get()
    row.claim("silent")
    DBTaskResult.objects.update(started_at=timezone.now() - LONG_AGO)

    assert reap_tasks()
    assert ready() == [tasks.execute.module_path]
    assert JobRun.objects.get().status == "waiting"


def test_scheduler_looks_for_tasks_of_silent_workers(monkeypatch):
    monkeypatch.setattr("jobs.schedule.catch_up", list)
    begun(check_integrity)
    told = []

    Scheduler(hold=lambda: True, tell=told.append).beat()

    assert told == [check_integrity.module_path]
    assert ready() == [check_integrity.module_path]


def test_task_of_a_version_that_is_gone_ends():
    begun(check_integrity)
    DBTaskResult.objects.update(task_path="jobs.tasks.there_is_no_such_task")

    assert reap_tasks() == []
    assert not DBTaskResult.objects.running().exists()


# --- the worker itself


def test_worker_holds_a_lease_as_long_as_it_lives(monkeypatch):
    last_sign("died yesterday", timedelta(days=2))
    seen = []
    monkeypatch.setattr(
        library.Worker, "run", lambda worker: seen.extend(Lease.objects.values_list("name"))
    )

    call_command("db_worker", worker_id="me", batch=True)

    assert seen == [(lease_of("me"),)]
    assert not Lease.objects.exists()


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_worker_that_is_told_to_end_while_it_looks_for_work_gives_its_lease_back(monkeypatch):
    """The signal comes in the middle of a statement."""

    def look_and_end(_worker):
        connection.ensure_connection()
        connection.connection.pgconn.send_query(b"SELECT 1")
        sys.exit(0)

    monkeypatch.setattr(library.Worker, "run", look_and_end)

    with pytest.raises(SystemExit):
        call_command("db_worker", worker_id="me")

    assert not Lease.objects.exists()


def test_worker_gives_signs_of_life_while_it_is_at_something(monkeypatch):
    taken = []
    monkeypatch.setattr(lease, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(lease, "take", lambda name, holder: taken.append((name, holder)))

    def long_work(_worker):
        while len(taken) < 4:
            pass

    monkeypatch.setattr(library.Worker, "run", long_work)

    call_command("db_worker", worker_id="me", batch=True)

    assert len(set(taken)) == 1


def test_idle_worker_works_and_one_that_fetches_nothing_is_silent():
    last_sign("me", timedelta(0))
    assert worker_health(timezone.now()).condition is Condition.WORKS
    check_integrity.enqueue()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=3))
    assert worker_health(timezone.now()).condition is Condition.SILENT
    begun(chores.carry_out, command="clearsessions", by="me")
    assert worker_health(timezone.now()).condition is Condition.WORKS


# --- what people see of it


def test_integrity_check_of_a_killed_worker_is_not_under_way_for_ever(client):
    client.force_login(make_member(make_commissioning_body(), roles=["auditor"]).user)
    client.post("/history/integrity/")
    assert client.get("/history/integrity/").context["under_way"]
    client.post("/history/integrity/")
    row = DBTaskResult.objects.get()  # asked for once
    row.claim("killed")
    DBTaskResult.objects.update(started_at=timezone.now() - timedelta(minutes=20))
    assert client.get("/history/integrity/").context["under_way"]

    assert reap_tasks()
    check_integrity.call()
    DBTaskResult.objects.ready().delete()

    page = client.get("/history/integrity/")
    assert not page.context["under_way"]
    assert page.context["last"] == Event.objects.get(kind="check")


def test_integrity_check_ends_for_people_also_without_a_scheduler(client):
    client.force_login(make_member(make_commissioning_body(), roles=["auditor"]).user)
    client.post("/history/integrity/")
    DBTaskResult.objects.get().claim("killed")
    DBTaskResult.objects.update(started_at=timezone.now() - timedelta(hours=1))

    assert not client.get("/history/integrity/").context["under_way"]
    client.post("/history/integrity/", {"_reference": "another-page"})
    assert len(ready()) == 1
