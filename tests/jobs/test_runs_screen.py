"""Jobs on screen: health of the processes, progress, failures and retry, starting by hand."""

import re
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django_tasks_db.models import DBTaskResult

from base.workspace.worklist import Worklist
from jobs import chores, lease
from jobs.health import LEASE, Condition, scheduler_health, worker_health
from jobs.models import JobRun, Lease
from jobs.views.run_start import period_choices
from jobs.waiting import silent_entries
from tests.factories import (
    MONTHLY_STATEMENT,
    make_case,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


@pytest.fixture
def queued(settings):
    """Tasks wait for a worker, as in production."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}


@pytest.fixture
def person(client):
    """Return a function that signs in somebody with this role, who reads English."""

    def sign_in(role, organisation=None):
        user = make_member(organisation or make_commissioning_body(), roles=[role]).user
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return user

    return sign_in


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def a_run(**values) -> JobRun:
    values = {"job": "statements", "period": "2024-03", "status": "done"} | values
    return JobRun.objects.create(**values)


# --- health


@pytest.mark.parametrize(
    ("age", "condition"), [(0, "works"), (40, "works"), (50, "silent"), (None, "missing")]
)  # seconds
def test_scheduler_is_known_by_its_lease(age, condition):
    now = timezone.now()
    if age is not None:
        Lease.objects.create(name=LEASE, holder="x", heartbeat_at=now - timedelta(seconds=age))

    assert scheduler_health(now).condition == condition


def test_scheduler_that_ended_in_good_order_is_missing():
    lease.take(LEASE, "x")
    assert scheduler_health(timezone.now()).condition is Condition.WORKS
    lease.give_back(LEASE, "x")
    assert scheduler_health(timezone.now()).condition is Condition.MISSING


def test_workers_are_known_by_what_they_fetch(queued):
    now = timezone.now()
    assert worker_health(now).condition is Condition.MISSING
    chores.queue(chores.CHORES[0])
    assert worker_health(now).condition is Condition.MISSING
    DBTaskResult.objects.update(enqueued_at=now - timedelta(minutes=3))

    silent = worker_health(now)
    assert (silent.condition, silent.waiting, silent.running) == (Condition.SILENT, 1, 0)
    assert silent.oldest_at == now - timedelta(minutes=3)
    a_run(status="running", heartbeat_at=now)
    assert worker_health(now).condition is Condition.WORKS
    JobRun.objects.update(heartbeat_at=now - timedelta(minutes=3))
    assert worker_health(now).condition is Condition.SILENT

    task = DBTaskResult.objects.get()
    task.claim("worker")
    task.set_successful(None)
    assert worker_health(timezone.now()).condition is Condition.WORKS
    assert worker_health(now + timedelta(hours=1)).condition is Condition.MISSING


def test_page_says_how_the_processes_do(client, person):
    person("administrator")
    assert "The scheduler is not running." in words(client.get(reverse("runs")))
    Lease.objects.create(name=LEASE, holder="x", heartbeat_at=timezone.now())
    assert "The scheduler is running." in words(client.get(reverse("runs")))
    stopped = datetime(2024, 3, 4, 4, 5, tzinfo=timezone.get_default_timezone())
    Lease.objects.update(heartbeat_at=stopped)
    text = "The scheduler has not answered since 04.03.2024 04:05."
    assert text in words(client.get(reverse("runs")))


# --- progress


def test_polls_while_something_runs_and_no_longer(client, person):
    person("finance")
    run = a_run(status="running", done=3, total=40, heartbeat_at=timezone.now())

    for address in (reverse("runs"), reverse("run", args=[run.pk])):
        html = client.get(address).content.decode()
        assert '<progress class="wide" value="7" max="100"' in html
        assert 'hx-trigger="every 2s"' in html
    for address in (f"{reverse('runs-live')}?before=1", reverse("run-live", args=[run.pk])):
        part = client.get(address)
        assert 'value="7" max="100"' in part.content.decode()
        assert "HX-Refresh" not in part.headers

    JobRun.objects.update(status="done", done=40)

    for address in (f"{reverse('runs-live')}?before=1", reverse("run-live", args=[run.pk])):
        part = client.get(address)
        assert part.headers["HX-Refresh"] == "true"
        assert "hx-trigger" not in part.content.decode()
    assert "<progress" not in client.get(reverse("runs")).content.decode()


def test_the_list_is_fetched_anew_when_one_of_two_has_ended(client, person):
    person("finance")
    a_run(status="running", total=4, heartbeat_at=timezone.now())

    assert client.get(reverse("runs-live"), {"before": "2"}).headers["HX-Refresh"] == "true"


# --- failures


@pytest.fixture
def failed():
    outcome = {
        "job": "statements", "period": "2024-03", "statements": [], "reports": [],
        "skipped": [{"contract": "C-2", "reason": "nothing to bill"}],
        "failed": [{"contract": "C-1", "reason": "The rate <is> missing."}],
    }  # fmt: skip
    make_contract("C-1", duties=[MONTHLY_STATEMENT])
    return a_run(status="failed", done=2, total=2, outcome=outcome, error="Traceback: line 7")


def test_failures_are_named_with_their_reasons(client, person, failed):
    person("finance")

    text = words(client.get(failed.get_absolute_url()))

    for expected in ("C-1", "The rate &lt;is&gt; missing.", "C-2", "nothing to bill", "Try again"):
        assert expected in text
    assert "Traceback" not in text
    person("administrator")
    assert "Traceback: line 7" in words(client.get(failed.get_absolute_url()))


def test_retry_queues_the_run_again(client, person, failed, queued):
    user = person("finance")

    response = client.post(reverse("run-repeat", args=[failed.pk]))

    assert response.url == failed.get_absolute_url()
    failed.refresh_from_db()
    assert (failed.status, failed.requested_by) == ("waiting", user)
    client.post(reverse("run-repeat", args=[failed.pk]))
    assert DBTaskResult.objects.count() == 1


def test_a_run_of_no_job_is_not_repeated(client, person, queued):
    """The sample marks its import with one."""
    marker = JobRun.objects.create(job="sample", period="2024", status=JobRun.Status.DONE)
    person("finance")
    assert "/repeat/" not in client.get(marker.get_absolute_url()).content.decode()
    assert client.post(reverse("run-repeat", args=[marker.pk])).status_code == 404
    assert not DBTaskResult.objects.exists()


def test_retry_of_one_contract_is_a_run_of_its_own(client, person, failed, queued):
    person("finance")

    client.post(reverse("run-repeat", args=[failed.pk]), {"contract": "C-1"})

    assert set(JobRun.objects.values_list("scope", "status")) == {
        ("", "failed"),
        ("C-1", "waiting"),
    }
    foreign = client.post(reverse("run-repeat", args=[failed.pk]), {"contract": "C-99"})
    assert foreign.status_code == 404


def test_failed_runs_wait_for_who_may_start_them(person, failed):
    finance = person("finance")
    (waiting,) = Worklist(finance).first_of("runs", 5)
    assert waiting.entry.title == "statements 2024-03"
    assert Worklist(finance).count_at("runs") == 1
    assert Worklist(person("auditor")).count_at("runs") == 0
    (silent,) = silent_entries(finance)
    assert silent.title == "The scheduler is not running."


# --- starting by hand


def test_started_by_hand_and_carried_out(client, person):
    """The tasks of the tests are carried out at once."""
    user = person("finance")
    contract = make_contract("C-1", duties=[MONTHLY_STATEMENT])
    make_record(make_case(contract), day=date(2024, 3, 14), minutes=60)
    today = timezone.localdate()
    period = f"{today.year - 1}-03"

    chosen = client.post(reverse("run-start"), {"job": "statements", "period": period})
    assert "C-1" in words(client.get(chosen.url))
    assert not JobRun.objects.exists()
    response = client.post(chosen.url)

    run = JobRun.objects.get()
    assert response.url == run.get_absolute_url()
    assert (run.period, run.scope, run.status, run.requested_by) == (period, "", "done", user)
    assert "1 contract skipped" in words(client.get(run.get_absolute_url()))


def test_results_lead_to_the_statements(client, person):
    person("finance")
    contract = make_contract("C-1", duties=[MONTHLY_STATEMENT])
    make_record(make_case(contract), day=date(2024, 3, 14), minutes=60)
    run = a_run(status="failed", scope="C-1")

    client.post(reverse("run-repeat", args=[run.pk]))

    html = client.get(run.get_absolute_url()).content.decode()
    statement = contract.statements.get()
    assert f'href="{reverse("statement", args=[statement.pk])}"' in html
    assert "60,00" in html


@pytest.mark.parametrize(
    "query",
    [
        {"job": "nothing", "period": "2024"},
        {"job": "statements", "period": "1024"},
        {"job": "statements", "period": "2024", "contract": "0"},
        {},
    ],
)
def test_what_is_not_on_offer_is_not_started(client, person, query):
    person("finance")

    address = f"{reverse('run-confirm')}?{urlencode(query)}"
    assert client.get(address).url == reverse("run-start")
    assert client.post(address).status_code == 404
    assert not JobRun.objects.exists()


def test_nothing_is_started_where_no_contract_is_due(client, person):
    person("finance")
    year = timezone.localdate().year - 1

    response = client.post(f"{reverse('run-confirm')}?job=statements&period={year}-01")

    assert "No contract is due for this period." in words(response)
    assert not JobRun.objects.exists()


def test_periods_on_offer():
    offered = dict(period_choices(date(2026, 1, 31)))

    names = {str(heading): [value for value, _label in found] for heading, found in offered.items()}
    assert names["Months"][:3] == ["2026-01", "2025-12", "2025-11"]
    assert names["Quarters"][:2] == ["2026-Q1", "2025-Q4"]
    assert names["Half-years"][:2] == ["2026-H1", "2025-H2"]
    assert names["Years"] == ["2026", "2025", "2024", "2023", "2022"]
    assert {heading: len(found) for heading, found in names.items()} == {
        "Months": 24, "Quarters": 12, "Half-years": 8, "Years": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("role", "sees", "starts"),
    [
        ("manager", 200, 200), ("finance", 200, 200), ("administrator", 200, 200),
        ("auditor", 200, 403), ("director", 403, 403), ("caseworker", 403, 403),
    ],
)  # fmt: skip
def test_who_sees_and_who_starts(client, person, failed, role, sees, starts):
    person(role)

    assert client.get(reverse("runs")).status_code == sees
    assert client.get(failed.get_absolute_url()).status_code == sees
    assert client.get(reverse("run-start")).status_code == starts
    if starts == 403:
        assert client.post(reverse("run-repeat", args=[failed.pk])).status_code == 403
        assert client.get(reverse("runs")).content.decode().count("run-start") == 0


def test_a_provider_sees_no_runs(client, person, failed):
    person("provider_lead", make_organisation("provider"))

    assert client.get(reverse("runs")).status_code == 403
    assert client.get(failed.get_absolute_url()).status_code == 403


def test_number_of_queries_does_not_grow_with_runs(client, person):
    user = person("finance")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("runs")).status_code == 200
        return len(captured)

    a_run(requested_by=user)
    queries()  # what is looked up once for each process
    few = queries()
    for month in range(4, 13):
        a_run(period=f"2024-{month:02}", requested_by=make_member(make_commissioning_body()).user)
    assert queries() == few


def counts(text: str) -> list[str]:
    """Return where a text says how many contracts both bodies have; times of day say nothing."""
    return re.findall(r"(?<!:)\b41\b", text)


class TestTwoBodies:
    """Each is told of its own contracts: also of how many there are."""

    @pytest.fixture
    def whole(self):
        """A run over 41 contracts of two bodies, of which one is ours."""
        own = make_contract("OWN-1")
        housing = make_organisation("housing", kind="commissioning_body")
        rows = [{"contract": "OWN-1", "reason": "no rate"}] + [
            {"contract": f"H-{number}", "reason": "no rate"} for number in range(40)
        ]
        run = a_run(status="failed", done=41, total=41, outcome={"failed": rows})
        return SimpleNamespace(run=run, own=own.commissioning_body, housing=housing)

    @pytest.mark.parametrize("export", ["", "csv"])
    def test_of_a_run_over_all_nobody_counts_the_others(self, client, person, whole, export):
        person("manager", whole.own)
        query = {"export": export} if export else {}
        text = client.get(reverse("runs"), query).content.decode()
        assert not counts(re.sub(r"<[^>]+>", "", text))

    def test_its_page_counts_ones_own(self, client, person, whole):
        person("manager", whole.own)
        text = words(client.get(whole.run.get_absolute_url()))
        assert "Contracts 1 of 1" in text
        assert not counts(text)

    def test_while_it_runs_a_share_is_told(self, client, person, whole):
        JobRun.objects.filter(pk=whole.run.pk).update(status="running", done=20)
        person("manager", whole.own)
        for url in (reverse("runs-live"), reverse("run-live", args=[whole.run.pk])):
            text = client.get(url).content.decode()
            assert 'value="48" max="100"' in text
            assert not counts(text)
            assert "of 41" not in text

    def test_who_oversees_both_is_told_all(self, client, person, whole):
        user = person("manager", whole.own)
        make_member(whole.housing, roles=["manager"], user=user)
        assert "41 / 41" in words(client.get(reverse("runs")))
        assert "41 of 41" in words(client.get(whole.run.get_absolute_url()))
