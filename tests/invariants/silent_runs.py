"""A run whose worker falls silent in mid-contract, and the one that takes over: `python -m` this.

Nothing ends: neither the process nor its connection nor, at first, its session in the database.
Either the worker is stopped (SIGSTOP), or its network is cut: it reaches the server by a proxy
that is stopped, whose host goes on acknowledging what nobody reads. Only time-outs help; they are
lowered here. Afterwards the silent one wakes, and must not write anything more.

DATABASE_URL names an empty, migrated PostgreSQL database. Prints what came of it, as JSON.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from config.database import Patience
from config.settings.base import TASKS
from tests.invariants.killing import Copies, in_child, results

CONTRACTS = 4
PERIOD = "2024-03"
TOGETHER = 2  # contracts in one transaction
SILENT_IN = 2
"""In which of these transactions the worker falls silent."""

WRITES_STATEMENT, TAKES_BATCH = 'INSERT INTO "jobs_statement" ', ' FOR UPDATE OF "jobs_runbatch" '
POINTS = {
    "holding locks": (WRITES_STATEMENT, SILENT_IN),
    "before it writes": (TAKES_BATCH, SILENT_IN),
}
PATIENCE = Patience(idle_in_transaction=2)
STALE_SECONDS, GIVE_UP_SECONDS = 3, 60


def have_many_batches() -> None:
    """Let a run have several transactions, few as its contracts are."""
    from tests.jobs.registered import have_batches

    have_batches("statements", TOGETHER)


def begin_silent_worker(name: str) -> None:
    """Let the server lose patience with this process within seconds."""
    own = PATIENCE.options()
    connection.settings_dict["OPTIONS"] = {**connection.settings_dict["OPTIONS"], **own}
    connection.settings_dict["NAME"] = name


def fill() -> None:
    """Contracts by the hour with records of a month, and a run that waits for a worker."""
    from contracts.billing import Period
    from jobs import tasks
    from tests import factories

    for number in range(1, CONTRACTS + 1):
        contract = factories.make_contract(f"K-{number}", duties=[factories.MONTHLY_STATEMENT])
        case = factories.make_case(contract, f"K-{number}-1")
        factories.make_record(case, day=date(2024, 3, 4), minutes=10 * number)
    tasks.request("statements", Period.parse(PERIOD))


def work() -> None:
    """Be a worker until nothing waits."""
    call_command("db_worker", batch=True, startup_delay=False, interval=0, verbosity=0)


# --- a worker that falls silent


def fork(action: Callable[[], object]) -> int:
    """Do something in a child that goes on meanwhile; returns its number."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        finally:
            os._exit(0)
    return pid


@contextmanager
def _stopped_itself(name: str, point: tuple[str, int]) -> Iterator[Callable[[], None]]:
    """A worker that stops at its point; yields what wakes it and waits for its end."""

    def silent_worker() -> None:
        begin_silent_worker(name)
        once_at(point, lambda: os.kill(os.getpid(), signal.SIGSTOP))
        work()

    worker = fork(silent_worker)
    _pid, status = os.waitpid(worker, os.WUNTRACED)
    assert os.WIFSTOPPED(status)

    def wake() -> None:
        os.kill(worker, signal.SIGCONT)
        os.waitpid(worker, 0)

    yield wake


@contextmanager
def _cut_off(name: str, point: tuple[str, int]) -> Iterator[Callable[[], None]]:
    """A worker whose network goes silent at its point; yields what mends it, and waits as well."""
    listening = socket.create_server(("127.0.0.1", 0))
    upstream = _address_of_server()
    proxy = fork(lambda: _pass_on(listening, upstream))

    def silent_worker() -> None:
        begin_silent_worker(name)
        asked = {"host", "port"}
        options = connection.settings_dict["OPTIONS"].items()
        connection.settings_dict["OPTIONS"] = {k: v for k, v in options if k not in asked}
        host, port = listening.getsockname()
        connection.settings_dict.update(HOST=host, PORT=port)
        once_at(point, cut)
        work()

    ours, theirs = os.pipe()

    def cut() -> None:
        os.kill(proxy, signal.SIGSTOP)
        os.write(theirs, b".")

    worker = fork(silent_worker)
    os.read(ours, 1)

    def wake() -> None:
        os.kill(proxy, signal.SIGCONT)
        os.waitpid(worker, 0)

    yield wake
    os.kill(proxy, signal.SIGKILL)
    os.waitpid(proxy, 0)
    for number in (ours, theirs):
        os.close(number)
    listening.close()


WAYS = {"stopped": _stopped_itself, "cut off": _cut_off}


def once_at(point: tuple[str, int], silence: Callable[[], None]) -> None:
    """Fall silent once, after the n-th statement of transactions that says so."""
    said, number = point
    seen = 0

    def watched(execute, sql, params, many, context):
        nonlocal seen
        result = execute(sql, params, many, context)
        if said in sql and context["connection"].in_atomic_block:
            seen += 1
            if seen == number:
                silence()
        return result

    connection.execute_wrappers.append(watched)


def _address_of_server() -> tuple[int, object]:
    """Return how to reach the server: family and address of its socket."""
    database = connection.settings_dict
    host = database["OPTIONS"].get("host") or database["HOST"] or "/var/run/postgresql"
    port = database["OPTIONS"].get("port") or database["PORT"] or 5432
    if host.startswith("/"):
        return socket.AF_UNIX, f"{host}/.s.PGSQL.{port}"
    return socket.AF_INET, (host, int(port))


def _pass_on(listening: socket.socket, upstream: tuple[int, object]) -> None:
    """Be a proxy: pass on what either side of each connection says, for ever."""
    family, address = upstream
    while True:
        client, _address = listening.accept()
        server = socket.socket(family)
        server.connect(address)
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while said := source.recv(65536):
            target.sendall(said)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


# --- and those who take over


def take_over() -> float:
    """Look and work, as scheduler and worker do, until the run is done or late; seconds it took."""
    from jobs import runs, schedule
    from jobs.models import JobRun

    runs.STALE_AFTER = timedelta(seconds=STALE_SECONDS)
    began = time.monotonic()
    while JobRun.objects.get().status != JobRun.Status.DONE:
        schedule.reap()
        work()
        time.sleep(0.05)
        if time.monotonic() > began + GIVE_UP_SECONDS:
            break
    return time.monotonic() - began


def main() -> None:
    """Fill, run undisturbed, then with a worker that falls silent, for each way and point."""
    copies = Copies()
    fill()
    connections.close_all()
    report = {"silent": []}
    with copies.copy("warm") as name:
        # Once in this process, so that no child has to load modules or holidays.
        connection.settings_dict["NAME"] = name
        work()
        connections.close_all()
    with copies.copy("undisturbed") as name:
        in_child(name, work)
        report["undisturbed"] = in_child(name, results)[1]
    for way, silent in WAYS.items():
        for label, point in POINTS.items():
            with copies.copy("silent") as name, silent(name, point) as wake:
                _status, seconds = in_child(name, take_over)
                _status, taken_over = in_child(name, results)
                wake()
                _status, woken = in_child(name, results)
                report["silent"].append(
                    {
                        "how": f"{way} {label}",
                        "seconds": seconds,
                        "taken_over": taken_over,
                        "woken": woken,
                    }
                )
    # The output of the commands went to stderr.
    sys.__stdout__.write(json.dumps(report))


if __name__ == "__main__":
    sys.stdout = sys.stderr
    settings.TASKS = TASKS  # they wait for a worker, as in production
    django.setup()
    have_many_batches()
    main()
