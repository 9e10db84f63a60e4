"""A run of the statements job, killed at many points and repeated: `python -m` this module.

DATABASE_URL names an empty, migrated database. It is filled with contracts; every scenario then
works on a copy of it, in a child process that kills itself with SIGKILL at its point, and a second
one that runs the command again. Prints what each ended with, as JSON.

Children are forked from one process that has everything loaded and holds no connection.
"""

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.core.management import call_command, execute_from_command_line
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

CONTRACTS = 20
PERIOD = "2024-03"
BILLED_BEFORE = 5  # contracts with a statement of February that comes out differently now


@dataclass(frozen=True)
class Point:
    """When a process kills itself.

    "commit" n: right after the n-th commit that brought a statement. "before" n: right before it.
    "run" n: right after the n-th sign of life of the run, outside the contracts' transactions.
    """

    kind: str
    number: int


POINTS = [
    *(Point("commit", number) for number in range(1, CONTRACTS + 1)),
    Point("before", 1),
    Point("before", 8),
    Point("run", 1),
    Point("run", 2),
    Point("run", 9),
    Point("run", CONTRACTS + 3),
]


class Killer:
    """Watches what a connection does and kills the process at its point."""

    def __init__(self, point: Point):
        self.point = point
        self.seen = {"commit": 0, "before": 0, "run": 0}
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
        if sql.startswith('UPDATE "jobs_jobrun"') and not context["connection"].in_atomic_block:
            self._reach("run")
        return result

    def _reach(self, kind: str) -> None:
        self.seen[kind] += 1
        if self.point == Point(kind, self.seen[kind]):
            os.kill(os.getpid(), signal.SIGKILL)


def show_every_contract() -> None:
    """Let a run give a sign of life after each contract, however quick: each is a point to die."""
    from jobs import runs

    runs.SHOWN_EVERY = timedelta(0)


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
    """The command, as it is typed."""
    execute_from_command_line(["manage.py", "run_job", "statements", "--period", PERIOD])


def results() -> dict:
    """The whole export, and what it leaves out: history, numbers, runs, and what checks find."""
    from base.history import history_model
    from base.integrity import findings
    from base.models import NumberCounter
    from jobs.models import JobRun, Statement

    with TemporaryDirectory() as folder:
        call_command("export_data", folder, results=True, stdout=sys.stderr)
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        export = {str(path.relative_to(folder)): path.read_text("utf-8") for path in paths}
    order = ("contract_id", "period_first", "sequence")
    totals = Statement.objects.order_by(*order).values_list(
        "contract__number", "period_first", "status", "total"
    )
    history = history_model(Statement).objects.order_by(*order, "history_id")
    versions = history.values_list(*order, "history_type", "status", "history_user_id")
    plain = {
        "export": export,
        "statements": list(totals),
        "history": list(versions),
        "numbers": list(NumberCounter.objects.order_by("pk").values_list("scope", "year", "last")),
        "runs": list(JobRun.objects.order_by("pk").values_list("job", "period", "status", "total")),
        "findings": list(findings()),
    }
    return json.loads(json.dumps(plain, default=str))


class Copies:
    """Copies of the database, on the same server or beside the same file."""

    def __init__(self):
        self.base = str(connection.settings_dict["NAME"])

    @contextmanager
    def copy(self, label: str) -> Iterator[str]:
        """The name of a fresh copy, dropped at the end."""
        name = f"{self.base}_{label}"
        if connection.vendor == "postgresql":
            self._on_server(f'CREATE DATABASE "{name}" TEMPLATE "{self.base}"')
        else:
            shutil.copyfile(self.base, name)
        try:
            yield name
        finally:
            if connection.vendor == "postgresql":
                self._on_server(f'DROP DATABASE "{name}" WITH (FORCE)')
            else:
                for path in Path(name).parent.glob(f"{Path(name).name}*"):
                    path.unlink()

    def _on_server(self, sql: str) -> None:
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql)


def in_child(name: str, action: Callable[[], dict | None]) -> tuple[int, dict | None]:
    """Do something in a child, on the database of that name; its status and what it returned."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        status = 1
        try:
            connection.settings_dict["NAME"] = name
            returned = action()
            connections.close_all()
            with open(theirs, "w", encoding="utf-8") as pipe:
                json.dump(returned, pipe)
            status = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)
    os.close(theirs)
    with open(ours, encoding="utf-8") as pipe:
        text = pipe.read()
    _pid, status = os.waitpid(pid, 0)
    return status, json.loads(text) if text else None


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
                    "signal": os.WTERMSIG(killed) if os.WIFSIGNALED(killed) else 0,
                    "again": in_child(name, run_and_report),
                }
            )
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    django.setup()
    show_every_contract()
    main()
