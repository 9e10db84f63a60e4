"""Processes that are killed with SIGKILL, each on its own copy of a database.

Children are forked from one process that has everything loaded and holds no connection.
"""

import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections


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


def in_child(name: str, action: Callable[[], object]) -> tuple[int, object]:
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


def signal_of(status: int) -> int:
    """Return which signal ended a child; 0: none."""
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


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
    persons = dict(get_user_model().objects.values_list("pk", "username"))
    runs = JobRun.objects.order_by("job", "period", "scope")
    plain = {
        "export": export,
        "statements": list(totals),
        "history": [[*version, persons.get(person)] for *version, person in versions],
        "numbers": list(NumberCounter.objects.order_by("pk").values_list("scope", "year", "last")),
        "runs": list(runs.values_list("job", "period", "scope", "status", "total")),
        "findings": list(findings()),
    }
    return json.loads(json.dumps(plain, default=str))
