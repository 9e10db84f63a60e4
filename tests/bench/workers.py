"""One run of statements shared by two workers, against one: `python -m` this is a worker."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Sum
from django.test import override_settings

from config.settings.base import TASKS

LOOKS_SECONDS = 0.1


def workers() -> Iterator["Figure"]:  # noqa: F821
    """The job of a month as workers do it that run all the time, by the clock of the database.

    From when the run is claimed until it is done: so the second has to hear of it first.
    """
    # Models can be imported only now, and a worker needs nothing of it.
    from tests.bench import data
    from tests.bench.measure import Figure, Side
    from tests.bench.statements import forget_statements

    data.fill_records(data.MONTH)
    running = Workers(forget_statements)
    two = Side(work=running.run, prepare=running.starting(2), undo=running.end)
    one = Side(work=running.run, prepare=running.starting(1), undo=running.end)
    # Of what both do for sharing: this, other work on the machine leaves as it is.
    for name, clock, aim in (
        (f"a run of {data.CONTRACTS} contracts by two workers against one", seconds_of_runs, 0.71),
        ("… their processor time and that of their sessions", running.processor_seconds, 1.18),
    ):
        yield Figure(name=name, product=two, bare=one, aim=aim, clock=clock)


def seconds_of_runs() -> float:
    """Return how long the runs there are took, by the clock of the database."""
    from jobs.models import JobRun

    took = JobRun.objects.aggregate(all=Sum(F("finished_at") - F("started_at")))["all"]
    return (took or timedelta(0)).total_seconds()


def processor_time(pid: int) -> float:
    """Return the seconds of processor that a process with all its threads has had; 0 if it ended.

    A session for a sign of life may end while all are counted.
    """
    try:
        _name, _paren, fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Workers:
    """Processes that take tasks from the queue."""

    def __init__(self, forget: Callable[[], None]):
        self.processes: list[subprocess.Popen] = []
        self.forget = forget

    def starting(self, count: int) -> Callable[[], None]:
        """Return what starts so many, and waits until they live."""
        return lambda: self._start(count)

    def _start(self, count: int) -> None:
        from jobs.lease import worker_leases

        name = connection.settings_dict["NAME"]
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        line = [sys.executable, "-m", "tests.bench.workers"]
        for _worker in range(count):
            self.processes.append(subprocess.Popen(line, env={**os.environ, "DATABASE_URL": url}))  # noqa: S603
        while worker_leases().count() < count:
            time.sleep(LOOKS_SECONDS)

    def run(self) -> None:
        """Ask for the run and wait until it is done; raise RuntimeError where it failed."""
        from jobs import tasks
        from jobs.models import JobRun
        from tests.bench import data

        with override_settings(TASKS=TASKS):
            tasks.request("statements", data.MONTH)
        while (status := JobRun.objects.values_list("status", flat=True).get()) != "done":
            if status == JobRun.Status.FAILED:
                raise RuntimeError(JobRun.objects.get().error)
            time.sleep(LOOKS_SECONDS)

    def processor_seconds(self) -> float:
        """Return the processor time that they, and all sessions but this one, have had."""
        own = connection.connection.info.backend_pid
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid != %s AND backend_type = %s",
                [own, "client backend"],
            )
            sessions = [pid for (pid,) in cursor.fetchall()]
        return sum(map(processor_time, [*(each.pid for each in self.processes), *sessions]))

    def end(self) -> None:
        """Tell all to end, wait for it, and forget what they wrote."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        self.processes.clear()
        self.forget()


if __name__ == "__main__":
    # Tasks wait for a worker, and a worker keeps its session, as in production.
    settings.TASKS = TASKS
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 60
    django.setup()
    call_command("db_worker", startup_delay=False, verbosity=0, reload=False)
