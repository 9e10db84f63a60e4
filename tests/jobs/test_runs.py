"""Job runs: who gets to run, what one contract's failure does, and what is left after a kill."""

import json
import os
import subprocess
import sys
import time as clock
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from base import database_time
from base.models import User
from contracts.billing import Period
from contracts.models import Organisation
from jobs import lease, registry, runs, schedule, tasks
from jobs.models import JobRun, Lease
from tests.factories import make_contract
from tests.jobs.numbers import Numbers, fail, skip
from tests.jobs.registered import only_job

MONTH = Period.parse("2024-03")


@pytest.fixture
def numbers(monkeypatch):
    made = Numbers()
    only_job(monkeypatch, made.job())
    return made


@pytest.fixture
def contracts(db):
    return [make_contract(f"C-{number}") for number in (1, 2, 3)]


def claim(holder, **options):
    return runs.claim("numbers", MONTH, holder=holder, **options)


def run(**options):
    claimed = claim("me", **options)
    return claimed, runs.carry_out(claimed)


def age(**ages):
    """Make a sign of life older than it is."""
    JobRun.objects.update(heartbeat_at=timezone.now() - timedelta(**ages))


def test_jobs_there_are():
    assert list(registry.jobs()) == ["statements", "reports"]
    assert {job.kind for job in registry.jobs().values()} == {"statements", "reports"}
    with pytest.raises(LookupError, match="there are: statements, reports"):
        registry.job_named("nothing")


# --- claiming


@pytest.mark.django_db
def test_of_two_claimants_one_gets_the_run():
    first, second = claim("one"), claim("two")

    assert (first.holder, first.status, first.attempts) == ("one", "running", 1)
    assert second is None
    assert JobRun.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "again", "taken"),
    [
        pytest.param("waiting", False, True, id="waiting"),
        pytest.param("failed", False, True, id="failed"),
        pytest.param("done", False, False, id="done"),
        pytest.param("done", True, True, id="done, by hand"),
        pytest.param("running", True, False, id="running, by hand"),
    ],
)
def test_what_can_be_claimed(status, again, taken):
    claim("one")
    JobRun.objects.update(status=status)

    assert (claim("two", again=again) is not None) == taken


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "taken"), [(40, False), (50, True)])
def test_silent_run_is_taken_over_after_45_seconds(seconds, taken):
    claim("one")
    age(seconds=seconds)

    second = claim("two")

    assert (second is not None) == taken
    assert JobRun.objects.get().attempts == (2 if taken else 1)


@pytest.mark.django_db
def test_run_of_a_dead_process_is_taken_over_at_once():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    claim(f"{runs.place()}:{gone.pid}:x")
    assert claim("two").attempts == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "holder",
    [f"{runs.place()}:{os.getpid()}:x", "elsewhere/1:999999:x", "", "strange"],
    ids=["alive", "on another machine", "nobody", "no process"],
)
def test_nobody_else_counts_as_dead(holder):
    assert not runs.is_dead(holder)


@pytest.mark.django_db
def test_clone_of_a_machine_does_not_take_the_others_processes_for_dead(monkeypatch):
    """Same host name, same numbers of processes, another boot: nothing can be known from here."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    here = f"{runs.place()}:{gone.pid}:x"
    assert runs.is_dead(here)

    monkeypatch.setattr(Path, "read_text", lambda *_: "00000000-0000-4000-8000-000000000001\n")

    assert runs.place().split("/")[0] == here.split("/")[0]
    assert not runs.is_dead(here)


@pytest.mark.django_db
def test_clock_of_a_host_decides_no_claim_and_no_lease(monkeypatch):
    """A host whose clock is an hour ahead takes nobody for silent, and is not taken for alive."""
    assert claim("one")
    assert lease.take("clock", "one")

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        monkeypatch.setattr(database_time, "now", lambda: true_now)
        true_now = JobRun.objects.get().heartbeat_at + timedelta(seconds=5)
        assert claim("two") is None
        assert not lease.take("clock", "two")
        assert not schedule.reap()
        true_now += timedelta(minutes=1)
        assert claim("two").heartbeat_at == true_now
        assert lease.take("clock", "two")
        assert Lease.objects.get().heartbeat_at == true_now


@pytest.mark.django_db
def test_database_tells_the_time_now_not_when_the_transaction_began():
    first = database_time.now()
    clock.sleep(0.01)
    assert first < database_time.now() < timezone.now() + timedelta(seconds=1)


@pytest.mark.django_db
def test_scopes_and_periods_are_runs_of_their_own():
    assert claim("one")
    assert runs.claim("numbers", MONTH, "C-1", holder="two")
    assert runs.claim("numbers", Period.parse("2024-04"), holder="three")


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
def test_claim_is_atomic_between_connections(django_db_blocker):
    """Claims from several threads at the same time: exactly one succeeds."""
    import threading

    barrier, got = threading.Barrier(4), []

    def attempt(number):
        barrier.wait()
        try:
            got.append(claim(f"thread {number}"))
        finally:
            connection.close()

    JobRun.objects.create(job="numbers", period=str(MONTH))
    threads = [threading.Thread(target=attempt, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(run is not None for run in got) == 1
    assert JobRun.objects.get().attempts == 1


# --- carrying out


def test_run_does_each_contract_and_records_it(contracts, numbers):
    shown = []
    claimed = claim("me")

    outcome = runs.carry_out(claimed, lambda *at: shown.append((*at[:2], at[2].number)))

    assert shown == [(1, 3, "C-1"), (2, 3, "C-2"), (3, 3, "C-3")]
    stored = JobRun.objects.get()
    assert (stored.status, stored.done, stored.total) == ("done", 3, 3)
    assert stored.finished_at >= stored.started_at
    assert stored.outcome == outcome
    assert outcome == {
        "job": "numbers",
        "period": "2024-03",
        "statements": [],
        "reports": [
            {"contract": number, "period": "2024-03", "changed": True}
            for number in ("C-1", "C-2", "C-3")
        ],
        "skipped": [],
        "failed": [],
    }


def test_what_a_job_writes_is_attributed_to_it(contracts, numbers):
    run()

    author = User.objects.get(username="job:numbers")
    assert author.is_system
    made = Organisation.objects.get(key="made-c-1").history.get()
    assert made.history_user_id == author.pk


def test_failing_contract_is_undone_and_stops_nobody(contracts, numbers):
    numbers.trouble = {"C-1": fail, "C-2": skip}

    claimed, outcome = run()

    assert outcome["failed"] == [{"contract": "C-1", "reason": "ValueError: C-1 is odd"}]
    assert outcome["skipped"] == [{"contract": "C-2", "reason": "not yet"}]
    assert numbers.worked == ["C-3"]
    made = Organisation.objects.filter(key__startswith="made-").order_by("key")
    assert [each.key for each in made] == ["made-c-3"]
    assert claimed.status == "failed"
    assert "ValueError: C-1 is odd" in claimed.error


def test_contract_may_give_nothing_or_several_rows(contracts, numbers):
    numbers.trouble = {
        "C-1": lambda contract: None,
        "C-2": lambda contract: [{"contract": "C-2"}, {"contract": "C-2"}],
        "C-3": lambda contract: [],
    }

    claimed, outcome = run()

    assert [row["contract"] for row in outcome["reports"]] == ["C-2", "C-2"]
    assert [row["contract"] for row in outcome["skipped"]] == ["C-1", "C-3"]
    assert claimed.status == "done"


def test_failed_run_is_repeated_and_forgets_its_error(contracts, numbers):
    numbers.trouble = {"C-1": fail}
    run()
    numbers.trouble = {}

    claimed, outcome = run()

    assert (claimed.status, claimed.error, claimed.attempts) == ("done", "", 2)
    assert len(outcome["reports"]) == 3


def test_run_that_cannot_begin_has_failed(contracts, numbers):
    claimed = runs.claim("numbers", MONTH, "nobody", holder="me")

    with pytest.raises(LookupError, match="no contract nobody"):
        runs.carry_out(claimed)

    stored = JobRun.objects.get()
    assert stored.status == "failed"
    assert "no contract nobody" in stored.error


def test_run_taken_over_meanwhile_writes_nothing_more(contracts, numbers):
    def taken_over(number, total, contract):
        age(seconds=50)
        assert claim("other")

    with pytest.raises(runs.RunLost):
        runs.carry_out(claim("me"), taken_over)

    assert numbers.worked == ["C-1"]
    stored = JobRun.objects.get()
    assert (stored.holder, stored.status, stored.attempts) == ("other", "running", 2)


def test_job_makes_ready_once_and_does_some_at_once(contracts, numbers, monkeypatch):
    begun, batches = [], []

    def begin(all_there_are, period):
        def work(some):
            batches.append(len(some))
            return [{"contract": contract.number} for contract in some]

        begun.append([contract.number for contract in all_there_are])
        return work

    only_job(monkeypatch, replace(numbers.job(), begin=begin, kind="statements", at_once=2))

    outcome = run()[1]

    assert begun == [["C-1", "C-2", "C-3"]]
    assert batches == [2, 1]
    assert len(outcome["statements"]) == 3
    assert numbers.worked == []


# --- by workers


def test_request_queues_a_run_once(contracts, numbers):
    assert tasks.request("numbers", MONTH)
    assert JobRun.objects.get().status == "done"  # the test settings work at once
    assert not tasks.request("numbers", MONTH)
    assert JobRun.objects.get().attempts == 1
    assert tasks.request("numbers", MONTH, again=True)
    assert JobRun.objects.get().attempts == 2
    with pytest.raises(LookupError):
        tasks.request("nothing", MONTH)


def test_second_task_for_a_run_does_nothing(contracts, numbers):
    done = tasks.execute.call(job="numbers", period="2024-03")
    again = tasks.execute.call(job="numbers", period="2024-03")

    assert done == {"run": JobRun.objects.get().pk, "status": "done"}
    assert again == {"run": None, "status": None}
    assert numbers.worked == ["C-1", "C-2", "C-3"]


# --- by hand


def run_job(*options):
    out, err = StringIO(), StringIO()
    try:
        call_command("run_job", "numbers", "--period", "2024-03", *options, stdout=out, stderr=err)
        code = 0
    except SystemExit as ended:
        code = ended.code
    return code, out.getvalue(), err.getvalue()


def test_command_prints_progress_and_json(contracts, numbers):
    numbers.trouble = {"C-2": fail}

    code, out, err = run_job("--json")

    assert code == 1
    assert err.splitlines() == ["1/3 C-1 …", "2/3 C-2 …", "3/3 C-3 …"]
    outcome = json.loads(out)
    assert [row["contract"] for row in outcome["reports"]] == ["C-1", "C-3"]
    assert [row["contract"] for row in outcome["failed"]] == ["C-2"]
    assert outcome == JobRun.objects.get().outcome


def test_command_says_what_was_made(contracts, numbers):
    numbers.trouble = {"C-2": skip}

    code, out, _err = run_job()

    assert code == 0
    assert [line.split(":")[0].strip() for line in out.splitlines()[1:3]] == ["C-1", "C-3"]
    assert out.splitlines()[-1].endswith("C-2: not yet")


def test_command_repeats_what_is_done_and_leaves_what_runs(contracts, numbers):
    assert run_job()[0] == run_job()[0] == 0
    assert JobRun.objects.get().attempts == 2
    JobRun.objects.update(status="running", holder="elsewhere")
    with pytest.raises(CommandError):
        run_job()


def test_command_runs_one_contract(contracts, numbers):
    run_job("--contract", "C-2")

    assert numbers.worked == ["C-2"]
    assert JobRun.objects.get().scope == "C-2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["nothing", "--period", "2024"], "nothing.*numbers", id="unknown job"),
        pytest.param(["numbers", "--period", "2024-13"], "2024-13.*2024-Q1", id="no period"),
        pytest.param(
            ["numbers", "--period", "2024", "--contract", "x"], "no contract x", id="scope"
        ),
    ],
)
def test_command_refuses(numbers, arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("run_job", *arguments)


# --- the lease


@pytest.mark.django_db
def test_lease_has_one_holder_and_is_taken_over_when_silent():
    assert lease.take("clock", "one")
    assert not lease.take("clock", "two")
    Lease.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=40))
    assert not lease.take("clock", "two")
    assert lease.take("clock", "one")

    Lease.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=50))

    assert lease.take("clock", "two")
    assert not lease.take("clock", "one")


@pytest.mark.django_db
def test_lease_given_back_is_free():
    lease.take("clock", "one")
    lease.give_back("clock", "two")
    assert not lease.take("clock", "two")

    lease.give_back("clock", "one")

    assert lease.take("clock", "two")
