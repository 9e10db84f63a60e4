"""Three times the records, 300 a line: a run's time beside the bare sums, and its memory.

`python -m` this does the run of the month on the database it is told, and prints its peak.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.db import connection

TIMES = 3


def large() -> Iterator["Figure"]:  # noqa: F821
    """The job with three times the records, by processor time; then its peak against the usual.

    Each peak is that of a process that does nothing else, in megabytes.
    """
    # Models can be imported only now, and the process whose memory counts needs nothing of it.
    from tests.bench import data, processor
    from tests.bench.measure import Figure, Side
    from tests.bench.statements import (
        BARE_STATEMENTS,
        days,
        fetch,
        forget_statements,
        run_statements,
    )

    many = TIMES * data.RECORDS
    data.fill_records(data.MONTH, many)
    yield Figure(
        name=f"statements: {data.CONTRACTS} contracts, {many:,} records",
        product=Side(work=run_statements, undo=forget_statements),
        bare=Side(work=lambda: fetch(BARE_STATEMENTS, days(data.MONTH))),
        aim=4.5,
        clock=processor.seconds,
    )
    peaks = Peaks()

    def of(records: int) -> Side:
        return Side(work=peaks.add, prepare=_filled(records), undo=forget_statements)

    yield Figure(
        name=f"… peak memory, {many:,} records against {data.RECORDS:,}",
        product=of(many),
        bare=of(data.RECORDS),
        aim=1.1,
        clock=lambda: peaks.megabytes,
        unit="MB",
        repetitions=1,
    )


def _filled(records: int) -> Callable[[], None]:
    from tests.bench import data

    return lambda: data.fill_records(data.MONTH, records)


class Peaks:
    """The peaks of all runs so far, added up, so that they are read like a clock."""

    def __init__(self):
        self.megabytes = 0.0

    def add(self) -> None:
        """Do the run in a process of its own. Raises CalledProcessError where it failed."""
        name = connection.settings_dict["NAME"]
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        line = [sys.executable, "-m", "tests.bench.large"]
        environment = {**os.environ, "DATABASE_URL": url}
        told = subprocess.run(line, env=environment, capture_output=True, check=True)  # noqa: S603
        self.megabytes += int(told.stdout) / 1024


def main() -> None:
    """Do the run; print the peak of this process in kilobytes."""
    django.setup()
    from tests.bench.statements import run_statements

    run_statements()
    # What the operating system counts for a process begins with the peak of the one that made it.
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    sys.stdout.write(next(line for line in lines if line.startswith("VmHWM:")).split()[1])


if __name__ == "__main__":
    main()
