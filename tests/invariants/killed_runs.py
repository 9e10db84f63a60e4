"""A run of the statements job, killed at many points and repeated: `python -m` this module.

DATABASE_URL names an empty, migrated database. It is filled with contracts; every scenario then
works on a copy of it, in a child process that kills itself with SIGKILL at its point, and a second
one that runs the command again. Prints what each ended with, as JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import django
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.invariants.killing import Copies, in_child, results, signal_of

CONTRACTS = 20
TOGETHER = 4  # contracts in one transaction
BATCHES = CONTRACTS // TOGETHER
PERIOD = "2024-03"
BILLED_BEFORE = 5  # contracts with a statement of February that comes out differently now


@dataclass(frozen=True)
class Point:
    """When a process kills itself.

    "commit" n: right after the n-th commit that brought statements. "before" n: right before it.
    "within" n: inside the n-th batch, its statements stored and their lines not. "noted" n: all
    of it stored, and the last note too. "run" n: right after the n-th sign of life of the run,
    outside the transactions of batches.
    """

    kind: str
    number: int


POINTS = [
    *(Point("commit", number) for number in range(1, BATCHES + 1)),
    Point("before", 1),
    Point("before", 3),
    *(Point("within", number) for number in range(1, BATCHES + 1)),
    Point("noted", 1),
    Point("noted", 4),
    Point("run", 1),
    Point("run", 2),
    Point("run", 4),
    Point("run", BATCHES + 3),
]


class Killer:
    """Watches what a connection does and kills the process at its point."""

    def __init__(self, point: Point):
        self.point = point
        self.seen = dict.fromkeys(("commit", "before", "within", "noted", "run"), 0)
        self.brought_statement = False

    def watch(self) -> None:
        """Watch from here on."""
        commit = BaseDatabaseWrapper._commit

        def watched(wrapper):
            counts, self.brought_statement = self.brought_statement, False
            if counts:
                self._reach("before")
            commit(wrapper)
            if counts:
                self._reach("commit")

        BaseDatabaseWrapper._commit = watched
        connection.execute_wrappers.append(self._executed)

    def _executed(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith('INSERT INTO "jobs_statement" '):
            self.brought_statement = True
            self._reach("within")
        if sql.startswith('INSERT INTO "jobs_computedperiod" ') and self.brought_statement:
            self._reach("noted")
        if sql.startswith('UPDATE "jobs_jobrun"') and not context["connection"].in_atomic_block:
            self._reach("run")
        return result

    def _reach(self, kind: str) -> None:
        self.seen[kind] += 1
        if self.point == Point(kind, self.seen[kind]):
            os.kill(os.getpid(), signal.SIGKILL)


def show_every_batch() -> None:
    """Let a run have many batches, and give a sign of life after each: each is a point to die."""
    from jobs import runs
    from tests.jobs.registered import have_batches

    runs.SHOWN_EVERY = timedelta(0)
    have_batches("statements", TOGETHER)


def fill() -> None:
    """Contracts by the hour with a few records, some of them billed before and changed since."""
    from base.facts import change
    from contracts.billing import Period
    from jobs.actions.compute_statement import compute_statement
    from tests import factories

    checker, issuer = factories.make_user("checker"), factories.make_user("issuer")
    for number in range(1, CONTRACTS + 1):
        contract = factories.make_contract(f"K-{number:02d}", duties=[factories.MONTHLY_STATEMENT])
        case = factories.make_case(contract, f"K-{number:02d}-1")
        record = factories.make_record(case, day=date(2024, 2, 8), minutes=10 * number)
        for day in (4, 5):
            factories.make_record(case, day=date(2024, 3, day), minutes=7 * number + day)
        if number <= BILLED_BEFORE:
            statement, _changed = compute_statement(contract, Period.parse("2024-02"))
            factories.issue_by_two(statement, checker, issuer, on=date(2024, 3, 14))
            change(record, minutes=10 * number + 5, reason="forgotten")


def run_job() -> None:
    """The command; without the checks of the code that typing it would run each time."""
    call_command("run_job", "statements", "--period", PERIOD)


def killed_at(point: Point) -> Callable[[], None]:
    """The command, watched."""

    def action() -> None:
        Killer(point).watch()
        run_job()

    return action


def run_and_report() -> dict:
    """The command once more, then what is there."""
    run_job()
    return results()


def main() -> None:
    """Fill, run undisturbed, then run killed and again, for each point."""
    copies = Copies()
    fill()
    connections.close_all()
    with copies.copy("warm") as name:
        # Once in this process, so that no child has to load modules or holidays.
        connection.settings_dict["NAME"] = name
        run_job()
        connections.close_all()
    report = {"killed": []}
    with copies.copy("undisturbed") as name:
        report["undisturbed"] = in_child(name, run_and_report)
    for point in POINTS:
        with copies.copy(f"{point.kind}_{point.number}") as name:
            killed, _nothing = in_child(name, killed_at(point))
            report["killed"].append(
                {
                    "point": f"{point.kind} {point.number}",
                    "signal": signal_of(killed),
                    "again": in_child(name, run_and_report),
                }
            )
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    django.setup()
    show_every_batch()
    main()
