"""The address for load balancers answers within two seconds, whatever hangs."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config import answering, health
from config.answering import AnswersFirst
from config.health import Watch
from jobs import chores, lease
from jobs.health import LEASE
from jobs.models import JobRun, Lease

PROMISED_SECONDS = 2


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def processes(monkeypatch):
    """Look at the database of the test in its own thread, or do what is set instead."""
    looks = {"at": health.look_at_processes}
    watch = Watch(lambda: looks["at"]())
    monkeypatch.setattr(watch, "begin", lambda: began(looks["at"]))
    monkeypatch.setattr(health, "PROCESSES", watch)
    return looks


def began(look):
    future = health.Looking()
    try:
        future.set_result(look())
    except OperationalError as error:
        future.set_exception(error)
    return future


@pytest.fixture
def queued(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.mark.django_db
def test_knows_scheduler_worker_and_the_age_of_the_queue(client, processes, queued):
    assert client.get("/health").json() == {
        "status": "degraded", "database": "works", "files": "works",
        "scheduler": "missing", "worker": "missing", "queue_seconds": 0,
    }  # fmt: skip

    lease.take(LEASE, "x")
    JobRun.objects.create(
        job="statements", period="2024-03", status="running", heartbeat_at=timezone.now()
    )
    chores.queue(chores.CHORES[0])
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(seconds=100))
    well = client.get("/health")
    assert well.status_code == 200
    assert 100 <= well.json().pop("queue_seconds") < 160
    assert [well.json()[key] for key in ("status", "scheduler", "worker")] == [
        "ok", "works", "works",
    ]  # fmt: skip

    Lease.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    JobRun.objects.all().delete()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=5))
    ill = client.get("/health")
    assert ill.status_code == 200  # another web process would do no better
    assert [ill.json()[key] for key in ("status", "scheduler", "worker")] == [
        "degraded", "silent", "silent",
    ]  # fmt: skip


@pytest.mark.django_db
def test_is_ill_when_the_database_refuses(client, monkeypatch, processes):
    def refuse():
        raise OperationalError

    monkeypatch.setattr(health, "look_at_processes", refuse)
    processes["at"] = refuse

    response = client.get("/health")

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable", "database": "unreachable", "files": "works",
    }  # fmt: skip


@pytest.mark.django_db
def test_is_ill_when_files_cannot_be_written(client, processes, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = tmp_path / "file"

    response = client.get("/health")

    assert (response.status_code, response.json()["files"]) == (503, "unreachable")


def test_who_hangs_is_not_waited_for_and_not_joined_by_a_second():
    free, looks = threading.Event(), []

    def hang():
        looks.append(threading.current_thread())
        free.wait(60)
        return {}

    watch = Watch(hang)
    began = time.monotonic()
    late = [watch.begin().within(0.1) for _time in range(3)]

    assert late == [None, None, None]
    assert time.monotonic() - began < PROMISED_SECONDS
    assert len(looks) == 1
    free.set()
    looks[0].join(10)
    assert watch.begin().within(10) == {}
    assert len(looks) == 2


@pytest.mark.parametrize(("method", "content"), [("GET", True), ("HEAD", False)])
def test_wsgi_answers_before_django_even_where_all_hangs(monkeypatch, method, content):
    free, told = threading.Event(), []
    hanging = Watch(lambda: free.wait(60) and {})
    monkeypatch.setattr(health, "PROCESSES", hanging)
    monkeypatch.setattr(health, "FILES", hanging)
    monkeypatch.setattr(health.connection, "vendor", "postgresql")

    def django(_environ, _start):
        raise AssertionError("asks its connection first, which hangs")

    began = time.monotonic()
    answered = AnswersFirst(django)(
        {"PATH_INFO": "/health", "REQUEST_METHOD": method},
        lambda status, headers: told.append((status, dict(headers))),
    )
    took = time.monotonic() - began
    free.set()

    assert took < PROMISED_SECONDS
    assert told[0][0].startswith("503 ")
    assert bool(answered) == content
    if content:
        assert json.loads(answered[0])["database"] == "unreachable"
        assert int(told[0][1]["Content-Length"]) == len(answered[0])


@pytest.mark.parametrize(
    "asked", [{"PATH_INFO": "/", "REQUEST_METHOD": "GET"},
              {"PATH_INFO": "/health", "REQUEST_METHOD": "POST"}],
)  # fmt: skip
def test_wsgi_leaves_the_rest_to_django(asked):
    assert AnswersFirst(lambda environ, start: [environ["PATH_INFO"]])(asked, None) == [
        asked["PATH_INFO"]
    ]


@pytest.mark.parametrize(("database_answers", "status"), [(False, "503"), (True, "200")])
def test_requests_do_not_follow_one_that_hangs_into_a_frozen_database(
    monkeypatch, database_answers, status
):
    free, inside, told = threading.Event(), threading.Event(), []
    monkeypatch.setattr(
        health, "PROCESSES", Watch(lambda: {} if database_answers else free.wait(60) and {})
    )
    monkeypatch.setattr(answering, "SUSPICIOUS_SECONDS", 0.05)
    monkeypatch.setattr(health.connection, "vendor", "postgresql")

    def django(environ, start):
        if environ["PATH_INFO"] == "/hangs":
            inside.set()
            free.wait(60)
        start("200 OK", [])
        return [b"said"]

    application = AnswersFirst(django)

    def ask(path):
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"}
        return application(environ, lambda status, _headers: told.append(status))

    assert ask("/") == [b"said"]
    hanging = threading.Thread(target=ask, args=["/hangs"])
    hanging.start()
    inside.wait(10)
    time.sleep(0.1)
    began = time.monotonic()
    said = ask("/")
    took = time.monotonic() - began
    free.set()
    hanging.join(10)

    assert took < PROMISED_SECONDS
    assert [line[:3] for line in told[:2]] == ["200", status]
    assert (said == [b"said"]) == database_answers
    assert database_answers or "kann gerade nicht antworten" in said[0].decode()
    assert ask("/") == [b"said"]  # nobody hangs any more


def test_production_answers_first():
    from config import wsgi

    assert isinstance(wsgi.application, AnswersFirst)


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_real_look_has_a_connection_of_its_own_with_little_patience(monkeypatch):
    shown = []

    def look():
        with health.connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            shown.append(cursor.fetchone()[0])
        return {}

    monkeypatch.setattr(health, "look_at_processes", look)
    assert health.PROCESSES.begin().within(10) == {}
    with health.connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert (shown[0], cursor.fetchone()[0]) == ("1s", "1min")
