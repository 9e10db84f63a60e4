"""One run of statements shared by two workers, and what becomes of either: `python -m` this.

Each worker stops at the first statement it stores, until the other has come as far: so both are
in the middle of a batch. Then both go on, or one of them, who leads the run or who helps, kills
itself, or is stopped (SIGSTOP) and wakes when the run is done. What is left is compared, in every
column, with what one worker leaves.

DATABASE_URL names an empty, migrated PostgreSQL database. Prints what came of it, as JSON.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from multiprocessing import get_context

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import F

from config.settings.base import TASKS
from tests.invariants.killing import Copies, in_child, results
from tests.invariants.silent_runs import (
    GIVE_UP_SECONDS,
    PATIENCE,
    STALE_SECONDS,
    WRITES_STATEMENT,
    begin_silent_worker,
    fork,
    have_many_batches,
    once_at,
    work,
)

CONTRACTS = 12
PERIOD = "2024-03"
MEET_SECONDS = 30

SCENARIOS = [
    ("both go on", None, None),
    *(
        (f"who {role} is {end}", role, number)
        for role in ("leads", "helps")
        for end, number in (("killed", signal.SIGKILL), ("stopped", signal.SIGSTOP))
    ),
]

NEVER_THE_SAME = ("id", "statement_id", "computed_at", "history_id", "history_date", "at")


def ask_for_run(workers: int = 0) -> None:
    """Let a run wait, once so many workers live: who is not there yet is not asked to help."""
    from contracts.billing import Period
    from jobs import lease, tasks

    give_up = time.monotonic() + MEET_SECONDS
    while lease.worker_leases().count() < workers and time.monotonic() < give_up:
        time.sleep(0.05)
    tasks.request("statements", Period.parse(PERIOD))


def fill() -> None:
    """Contracts by the hour, and a session that two of them attend."""
    from tests import factories

    together = {"day": date(2024, 3, 6), "session": "S-1", "kind": "group", "participants": 2}
    for number in range(1, CONTRACTS + 1):
        contract = factories.make_contract(f"K-{number:02d}", duties=[factories.MONTHLY_STATEMENT])
        case = factories.make_case(contract, f"K-{number:02d}-1")
        factories.make_record(case, day=date(2024, 3, 4), minutes=10 * number)
        if number in (1, CONTRACTS):
            factories.make_record(case, **together)


def work_alone() -> None:
    """Be the only worker of a run."""
    ask_for_run()
    work()


# --- two workers


@contextmanager
def two_workers(name: str, role: str | None, number: int | None) -> Iterator[None]:
    """Two workers that look for work all the time, until the end; the stopped one wakes then."""
    meet = get_context("fork").Barrier(2)
    workers = [fork(lambda: _be_worker(name, meet, role, number)) for _worker in range(2)]
    yield
    for worker in workers:
        for told in (signal.SIGCONT, signal.SIGTERM):
            os.kill(worker, told)
    for worker in workers:
        os.waitpid(worker, 0)


def _be_worker(name: str, meet, role: str | None, number: int | None) -> None:
    from jobs import lease, runs

    lease.PULSE_SECONDS = 0.5  # well below the seconds until silence counts here
    leads = []
    carry_out = runs.carry_out

    def lead(*args):
        leads.append(True)
        return carry_out(*args)

    def in_the_middle() -> None:
        # Until both are there, only the machine is slow: nobody has fallen silent.
        _be_patient(MEET_SECONDS)
        meet.wait(MEET_SECONDS)
        _be_patient(PATIENCE.idle_in_transaction)
        if role == ("leads" if leads else "helps"):
            os.kill(os.getpid(), number)

    runs.carry_out = lead
    begin_silent_worker(name)
    once_at((WRITES_STATEMENT, 1), in_the_middle)
    call_command("db_worker", startup_delay=False, interval=0.05, verbosity=0, reload=False)


def _be_patient(seconds: int) -> None:
    """Let the server wait so long for the next statement of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = %s", [1000 * seconds])


def ask_and_wait() -> dict:
    """Ask for the run once both workers live, and wait; tell how it was."""
    ask_for_run(workers=2)
    return wait_until_done()


def wait_until_done() -> dict:
    """Look as the scheduler does until the run is done or late; tell how that was."""
    from django_tasks_db.models import DBTaskResult

    from jobs import batches, runs, schedule
    from jobs.models import JobRun

    runs.STALE_AFTER = timedelta(seconds=STALE_SECONDS)
    began = time.monotonic()
    while JobRun.objects.get().status != JobRun.Status.DONE:
        schedule.reap()
        time.sleep(0.05)
        if time.monotonic() > began + GIVE_UP_SECONDS:
            break
    tasks = DBTaskResult.objects.filter(task_path=batches.do_batch.module_path)
    helped = tasks.filter(return_value=True).count()
    return {"seconds": time.monotonic() - began, "helped": helped}


def columns() -> dict:
    """The results, and every column of statements, their lines, history and events."""
    from base.history import history_model
    from jobs.models import JobRun, Statement, StatementEvent, StatementLine

    found = {"results": results()}
    for model, contract in (
        (Statement, "contract_id"),
        (StatementLine, "statement__contract_id"),
        (StatementEvent, "statement__contract_id"),
        (history_model(Statement), "contract_id"),
    ):
        rows = model.objects.annotate(of=F(contract)).order_by("of", "pk").values()
        found[model._meta.label] = [
            {key: value for key, value in row.items() if key not in NEVER_THE_SAME} for row in rows
        ]
    outcome = JobRun.objects.get().outcome
    found["told"] = [[row["contract"], row["total"]] for row in outcome["statements"]]
    return json.loads(json.dumps(found, default=str))


def main() -> None:
    """Fill, run with one worker, then with two, in each scenario."""
    copies = Copies()
    fill()
    connections.close_all()
    with copies.copy("warm") as name:
        # Once in this process, so that no child has to load modules or holidays.
        connection.settings_dict["NAME"] = name
        work_alone()
        connections.close_all()
    with copies.copy("alone") as name:
        in_child(name, work_alone)
        report = {"alone": in_child(name, columns)[1], "shared": []}
    for label, role, number in SCENARIOS:
        with copies.copy("shared") as name:
            with two_workers(name, role, number):
                _status, how = in_child(name, ask_and_wait)
                _status, how["done"] = in_child(name, columns)
            if number == signal.SIGSTOP:
                _status, how["woken"] = in_child(name, columns)
            report["shared"].append({"how": label, **how})
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    settings.TASKS = TASKS  # they wait for a worker, as in production
    django.setup()
    have_many_batches()
    main()
