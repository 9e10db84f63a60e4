"""The same run through a broker: two workers share it, and one dies: `python -m` this.

DATABASE_URL names an empty, migrated PostgreSQL database, REDIS_URL an empty Redis. Prints what
came of it, as JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from config.settings.base import TASKS
from tests.invariants.killing import Copies, in_child
from tests.invariants.shared_runs import (
    MEET_SECONDS,
    PERIOD,
    ask_for_run,
    columns,
    fill,
    wait_until_done,
)
from tests.invariants.silent_runs import (
    WRITES_STATEMENT,
    begin_silent_worker,
    fork,
    have_many_batches,
    once_at,
)

SCENARIOS = [
    ("both go on", None),
    ("who leads is killed", "leads"),
    ("who helps is killed", "helps"),
]


def run_by_hand() -> None:
    """Do the run in one process, without a queue."""
    call_command("run_job", "statements", "--period", PERIOD, stdout=sys.stderr)


def forget_all() -> None:
    """Let the broker lose whatever it was told."""
    from base.queue import with_broker

    with_broker().connection.flushall()


# --- workers


@contextmanager
def two_workers(name: str, role: str | None) -> Iterator[list]:
    """Two workers until the end; yields what says whether each was in the middle of a batch."""
    context = get_context("fork")
    meet, met = context.Barrier(2), [context.Value("b", 0) for _worker in range(2)]
    workers = [fork(lambda own=own: _be_worker(name, meet, own, role)) for own in met]
    yield met
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    for worker in workers:
        os.waitpid(worker, 0)


def _be_worker(name: str, meet, met, role: str | None) -> None:
    from jobs import lease, runs

    lease.PULSE_SECONDS = 0.5
    leads = []
    carry_out = runs.carry_out

    def lead(*args):
        leads.append(True)
        return carry_out(*args)

    def in_the_middle() -> None:
        # Each task has a process of its own: only in the worker's first batch.
        if met.value:
            return
        meet.wait(MEET_SECONDS)
        met.value = 1
        if role == ("leads" if leads else "helps"):
            for process in (os.getppid(), os.getpid()):
                os.kill(process, signal.SIGKILL)

    runs.carry_out = lead
    begin_silent_worker(name)
    once_at((WRITES_STATEMENT, 1), in_the_middle)
    call_command("broker_worker", verbosity=0)


# --- what the queue tells


def what_is_told() -> dict:
    """Ask the queue as chores, health and scheduler do."""
    from django.utils import timezone

    from base.queue import begun, waiting, with_broker
    from base.tasks import check_integrity
    from contracts.billing import Period
    from jobs import chores, schedule, tasks
    from jobs.health import worker_health
    from jobs.models import JobRun

    forget_all()
    told = {"queued twice": [chores.queue(chores.CHORES[0]), chores.queue(chores.CHORES[0])]}
    with transaction.atomic():
        check_integrity.enqueue(asked_by=None)
        told["before it is committed"] = waiting(check_integrity).count
    told["committed"] = [waiting(check_integrity).count, waiting().count, begun()]
    with transaction.atomic():
        check_integrity.enqueue(asked_by=None)
        transaction.set_rollback(True)
    told["rolled back"] = waiting(check_integrity).count
    told["as it is stored"] = json.loads(with_broker().jobs[0].data)[3]
    health = worker_health(timezone.now())
    told["health"] = [health.waiting, health.oldest_at is not None]

    tasks.request("reports", Period.parse("2024-H1"))
    JobRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=6))
    told["waits"] = len(schedule.reap())
    forget_all()
    told["lost by the broker"] = len(schedule.reap())
    told["asked for again"] = waiting(
        tasks.execute, job="reports", period="2024-H1", scope=""
    ).count

    settings.RQ_QUEUES["default"]["URL"] = "unix:///nowhere/redis.sock"
    told["unreachable"] = str(worker_health(timezone.now()).condition)
    with transaction.atomic():
        check_integrity.enqueue(asked_by=None)
    told["committed all the same"] = True
    return told


def main() -> None:
    """Fill, run by hand, then through the broker in each scenario, and ask the queue."""
    copies = Copies()
    fill()
    connections.close_all()
    with copies.copy("warm") as name:
        # Once in this process, so that no child has to load modules or holidays.
        connection.settings_dict["NAME"] = name
        run_by_hand()
        connections.close_all()
    with copies.copy("alone") as name:
        in_child(name, run_by_hand)
        report = {"alone": in_child(name, columns)[1], "brokered": []}
    for label, role in SCENARIOS:
        forget_all()
        with copies.copy("brokered") as name:
            with two_workers(name, role) as met:
                in_child(name, ask_for_run)
                _status, how = in_child(name, wait_until_done)
            _status, how["done"] = in_child(name, columns)
            how["met"] = [each.value for each in met]
            report["brokered"].append({"how": label, **how})
    with copies.copy("told") as name:
        report["told"] = in_child(name, what_is_told)[1]
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    settings.TASKS = TASKS  # they wait for a worker, as in production
    django.setup()
    have_many_batches()
    main()
