"""Who watches by machine is told when somebody is to be woken, and figures only with the token."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.parser import text_string_to_metric_families

from base.models.mail import Mail
from config import monitoring
from config.answering import AnswersFirst
from config.health import Looking
from jobs import chores, lease
from jobs.health import LEASE
from jobs.models import JobRun

TOKEN = "a token of thirty-two characters"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture(autouse=True)
def _looks_here(monkeypatch):
    """What the test has written is seen by its own connection alone."""

    def begin(_watch, look):
        looking = Looking()
        try:
            looking.set_result(look())
        except OperationalError as error:
            looking.set_exception(error)
        return looking

    monkeypatch.setattr(monitoring, "begin_looking", begin)


def ask(path: str, **environ):
    """Return status, headers and content."""
    told = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", **environ}
    content = AnswersFirst(None)(environ, lambda status, headers: told.append((status, headers)))
    return int(told[0][0][:3]), dict(told[0][1]), b"".join(content).decode()


def work() -> tuple[int, list[str]]:
    """Return what `/health/work` says: status, and what somebody is to be woken for."""
    status, _headers, content = ask("/health/work")
    return status, json.loads(content)["problems"]


@pytest.fixture
def well():
    """A scheduler, a worker, and one task and one e-mail that have just been queued."""
    lease.take(LEASE, "x")
    lease.take(lease.lease_of("worker"), "y")
    chores.queue(chores.CHORES[0])
    Mail.objects.create(sealed="x")


@pytest.mark.django_db
def test_nothing_runs_on_a_fresh_installation():
    assert work() == (503, ["scheduler", "worker"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "problems"),
    [
        pytest.param(lambda: None, [], id="well"),
        pytest.param(
            lambda: lease.Lease.objects.filter(name=LEASE).update(
                heartbeat_at=timezone.now() - 2 * MINUTE
            ),
            ["scheduler"],
            id="scheduler silent",
        ),
        pytest.param(
            lambda: DBTaskResult.objects.update(enqueued_at=timezone.now() - 3 * MINUTE),
            ["worker"],
            id="worker fetches nothing",
        ),
        pytest.param(
            lambda: (
                DBTaskResult.objects.update(enqueued_at=timezone.now() - 16 * MINUTE),
                JobRun.objects.create(
                    job="statements",
                    period="2024-03",
                    status="running",
                    heartbeat_at=timezone.now(),
                ),
            ),  # fmt: skip
            ["queue"],
            id="too few workers",
        ),
        pytest.param(
            lambda: Mail.objects.update(made_at=timezone.now() - 2 * HOUR), ["mail"], id="mail"
        ),
        pytest.param(
            lambda: JobRun.objects.create(job="reports", period="2024-H1", status="failed"),
            [],
            id="a failed run waits for a person",
        ),
        pytest.param(
            lambda: Mail.objects.update(sealed="", made_at=timezone.now() - 80 * HOUR),
            [],
            id="given up long ago",
        ),
    ],
)
def test_somebody_is_woken_for_what_stands_still(well, change, problems):
    change()

    assert work() == (503 if problems else 200, problems)


@pytest.mark.django_db
def test_the_database_and_the_files_are_named(well, monkeypatch, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = tmp_path / "file"
    assert work() == (503, ["files"])

    def refuse():
        raise OperationalError

    monkeypatch.setattr(monitoring, "look_at_work", refuse)
    assert work() == (503, ["database", "files"])


def figures(**environ) -> dict[str, float]:
    """Return each figure by its name, with its label where it has one."""
    status, headers, content = ask("/metrics", **environ)
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        f"{sample.name}{sorted(sample.labels.values()) or ''}": sample.value
        for family in text_string_to_metric_families(content)
        for sample in family.samples
    }


@pytest.mark.django_db
def test_figures_are_those_of_the_database(well, settings, monkeypatch):
    settings.METRICS_TOKEN, settings.VERSION = TOKEN, "1.2.3"
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
    DBTaskResult.objects.update(enqueued_at=timezone.now() - 100 * MINUTE / 60)
    Mail.objects.update(made_at=timezone.now() - 50 * MINUTE / 60)
    Mail.objects.create(sealed="", problem="gone")
    JobRun.objects.create(job="reports", period="2024-H1", status="failed")

    found = figures(**bearer)
    assert 100 <= found.pop("fallwerk_task_seconds") < 160
    assert 50 <= found.pop("fallwerk_mail_seconds") < 110
    assert found == {
        "fallwerk_info['1.2.3']": 1,
        "fallwerk_up['database']": 1, "fallwerk_up['files']": 1,
        "fallwerk_up['scheduler']": 1, "fallwerk_up['worker']": 1,
        "fallwerk_workers": 1, "fallwerk_tasks_waiting": 1, "fallwerk_tasks_running": 0,
        "fallwerk_runs_failed": 1, "fallwerk_mails_waiting": 1, "fallwerk_mails_given_up": 1,
    }  # fmt: skip

    def refuse():
        raise OperationalError

    monkeypatch.setattr(monitoring, "look_at_work", refuse)
    assert figures(**bearer) == {
        "fallwerk_info['1.2.3']": 1, "fallwerk_up['database']": 0, "fallwerk_up['files']": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        pytest.param("", "Bearer ", 404, id="no token set"),
        pytest.param(TOKEN, "", 401, id="none given"),
        pytest.param(TOKEN, f"Bearer {TOKEN}x", 401, id="another"),
        pytest.param(TOKEN, f"Basic {TOKEN}", 401, id="in another way"),
        pytest.param(TOKEN, "Bearer \xff", 401, id="no text"),
    ],
)
def test_figures_are_not_public(settings, token, given, status):
    settings.METRICS_TOKEN = token
    answered, headers, content = ask("/metrics", HTTP_AUTHORIZATION=given)

    assert answered == status
    assert "fallwerk_" not in content
    assert (headers.get("WWW-Authenticate") == "Bearer") == (status == 401)
