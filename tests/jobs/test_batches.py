"""Batches of a run: who does them, in which turns, and what is left of them."""

import select
from datetime import timedelta

import hypothesis
import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from contracts.billing import Period
from jobs import batches, runs, schedule
from jobs.batches import do_batch
from jobs.lease import lease_of
from jobs.models import JobRun, Lease, RunBatch
from tests.factories import make_contract
from tests.jobs.numbers import Numbers, fail, skip
from tests.jobs.registered import only_job

pytestmark = pytest.mark.django_db

MONTH = Period.parse("2024-03")
CONTRACTS = [f"C-{number}" for number in range(1, 8)]
TOGETHER = 2
BATCHES = 4


@pytest.fixture
def numbers(monkeypatch, settings):
    """A job in batches of two; whatever is queued waits."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
    made = Numbers()
    only_job(monkeypatch, made.job(at_once=TOGETHER))
    for number in CONTRACTS:
        make_contract(number)
    return made


def claim(**options) -> JobRun:
    return runs.claim("numbers", MONTH, holder="here:1:leads", **options)


def laid_out() -> JobRun:
    """A run that has begun and done nothing."""
    run = claim()
    batches.lay_out(run, Numbers().select(MONTH, None), TOGETHER)
    return run


class Turns:
    """Lets another worker do some batches after each one of the process that leads."""

    def __init__(self, monkeypatch):
        self.helped: list[int] = []
        do_next = batches.do_next

        def take_turns(doing):
            done = do_next(doing)
            if doing.run is self.led:
                for _batch in range(self.helped.pop(0) if self.helped else 0):
                    do_batch.call(run=doing.run.pk)
            return done

        monkeypatch.setattr(batches, "do_next", take_turns)

    def carry_out(self, helped: list[int], **options) -> dict:
        """Carry out a run, with so many batches of the other after each own one."""
        self.helped, self.led = list(helped), claim(**options)
        return runs.carry_out(self.led)


TROUBLE = st.dictionaries(st.sampled_from(CONTRACTS), st.sampled_from([fail, skip]), max_size=4)
HELPED = st.lists(st.integers(min_value=0, max_value=3), max_size=8)


def test_whoever_does_which_batches_each_contract_is_done_once(numbers, monkeypatch):
    turns = Turns(monkeypatch)

    @hypothesis.settings(max_examples=max(hypothesis.settings.default.max_examples // 4, 10))
    @given(HELPED, TROUBLE)
    def whoever_does_them(helped, trouble):
        with transaction.atomic():
            numbers.trouble, numbers.worked = trouble, []
            outcome = turns.carry_out(helped, again=True)
            well = [number for number in CONTRACTS if number not in trouble]
            # Once more those whose neighbour failed.
            assert sorted(set(numbers.worked)) == well
            assert [row["contract"] for row in outcome["reports"]] == well
            for kind, what in (("failed", fail), ("skipped", skip)):
                expected = [number for number in CONTRACTS if trouble.get(number) is what]
                assert [row["contract"] for row in outcome[kind]] == expected
            stored = JobRun.objects.get()
            assert stored.outcome == outcome
            assert (stored.done, stored.total) == (len(CONTRACTS), len(CONTRACTS))
            assert stored.status == ("failed" if fail in trouble.values() else "done")
            assert stored.error.count("Traceback") == len(outcome["failed"])
            assert not RunBatch.objects.exists()
            transaction.set_rollback(True)

    whoever_does_them()


def test_progress_counts_what_all_have_done(numbers, monkeypatch):
    monkeypatch.setattr(runs, "SHOWN_EVERY", timedelta(0))
    seen = []

    def look(contract):
        seen.append((contract.number, JobRun.objects.get().done))
        return {"contract": contract.number}

    numbers.trouble = {number: look for number in CONTRACTS}
    Turns(monkeypatch).carry_out([1, 0])

    # C-3 and C-4 are the other's; who leads has told of its own two by then.
    assert [done for number, done in seen if number not in ("C-3", "C-4")] == [0, 0, 4, 4, 6]


def test_helper_comes_again_until_nothing_is_left(numbers):
    run = laid_out()
    for left in range(BATCHES - 1, -1, -1):
        DBTaskResult.objects.all().delete()
        assert do_batch.call(run=run.pk)
        assert RunBatch.objects.filter(outcome__isnull=True).count() == left
        assert DBTaskResult.objects.get().args_kwargs["kwargs"] == {"run": run.pk}

    DBTaskResult.objects.all().delete()
    assert not do_batch.call(run=run.pk)
    assert not DBTaskResult.objects.exists()
    assert numbers.worked == CONTRACTS


def ended(run):
    JobRun.objects.update(status=JobRun.Status.FAILED)


def taken_over(run):
    JobRun.objects.update(status=JobRun.Status.FAILED)
    assert claim().attempts == 2


@pytest.mark.parametrize("happens", [ended, taken_over])
def test_nobody_does_batches_of_a_run_that_is_lost(numbers, happens):
    run = laid_out()
    happens(run)

    assert not do_batch.call(run=run.pk)
    assert not batches.are_left(run)
    assert numbers.worked == []
    schedule.reap()
    assert not RunBatch.objects.exists()


def test_batches_of_a_run_that_goes_on_are_kept(numbers):
    laid_out()
    schedule.reap()
    assert RunBatch.objects.count() == BATCHES


def test_only_who_claimed_the_run_ends_it(numbers):
    run = laid_out()
    while do_batch.call(run=run.pk):
        pass
    assert JobRun.objects.get().status == "running"


# --- who is asked to help


@pytest.fixture
def locking(monkeypatch):
    """A database that locks rows, or is taken for one."""
    monkeypatch.setattr(connection.features, "has_select_for_update_skip_locked", True)


def worker_lives(name: str, *, holder: str = "there:2:x", ago: int = 0) -> None:
    moment = timezone.now() - timedelta(seconds=ago)
    Lease.objects.create(name=lease_of(name), holder=holder, heartbeat_at=moment)


def asked() -> int:
    return DBTaskResult.objects.filter(task_path=do_batch.module_path).count()


def test_workers_that_live_are_asked_once(numbers, locking):
    run = laid_out()
    worker_lives("leads itself", holder="here:1:w")
    worker_lives("fell silent", ago=60)
    assert batches.invite(run, 0) == asked() == 0
    worker_lives("first")
    assert batches.invite(run, 0) == asked() == 1
    assert batches.invite(run, 1) == asked() == 1
    worker_lives("came later")
    assert batches.invite(run, 1) == asked() == 2


def test_no_more_are_asked_than_batches_are_left_for_them(numbers, locking):
    run = laid_out()
    for number in range(9):
        worker_lives(f"{number}")
    assert batches.invite(run, 0) == asked() == BATCHES - 1
    while do_batch.call(run=run.pk):
        pass
    before = asked()
    assert batches.invite(run, 0) == 0
    assert asked() == before


def test_nobody_is_asked_where_one_process_at_a_time_writes(numbers, monkeypatch):
    monkeypatch.setattr(connection.features, "has_select_for_update_skip_locked", False)
    worker_lives("first")
    assert batches.invite(laid_out(), 0) == 0


def test_run_asks_for_help_by_itself(numbers, locking):
    worker_lives("first")
    runs.carry_out(claim())
    assert asked() == 1
    assert numbers.worked == CONTRACTS


# --- a session that the server ends


def ended_as_silent():
    """As that of a process which was stopped in the middle of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
    _wait_until_ended()


def ended_by_hand():
    """As those of a server that is restarted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [session])
    _wait_until_ended()


def _wait_until_ended():
    """The socket is readable once the server has said why it ends the session."""
    assert select.select([connection.connection], [], [], 10)[0]
    JobRun.objects.exists()


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ends", [ended_as_silent, ended_by_hand])
@pytest.mark.parametrize("at_once", [1, TOGETHER])
def test_whose_session_is_ended_does_the_batch_once_more(numbers, monkeypatch, ends, at_once):
    """Nothing of it is stored, so no contract has failed."""
    only_job(monkeypatch, numbers.job(at_once=at_once))
    tried = []

    def once_lost(contract):
        tried.append(contract.number)
        if len(tried) == 1:
            ends()
        return {"contract": contract.number}

    numbers.trouble = {"C-1": once_lost}
    outcome = runs.carry_out(claim())
    assert tried == ["C-1", "C-1"]
    assert [row["contract"] for row in outcome["reports"]] == CONTRACTS
    assert outcome["failed"] == []
    assert JobRun.objects.get().status == JobRun.Status.DONE
