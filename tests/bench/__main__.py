"""Measure all figures, or those named: `python -m tests.bench [statements reports …]`.

PostgreSQL is the server named by TEST_DATABASE_URL, taken as it is, or one started for this run
with the settings below. The database of the run is made and dropped.
"""

import os
import sys

import django

from tests import migrated
from tests.run import QUICK_NOT_SAFE, postgresql

DATABASE = "fallwerk_bench"

# What every installation sets: memory for sorting, a disk without arms, room between checkpoints.
SERVER = {
    "work_mem": "64MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}


def main(names: list[str]) -> int:
    """Print a table, one line for each figure, as they come."""
    with postgresql() as url:
        os.environ["DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        django.setup()
        return _measure(names)


def _measure(names: list[str]) -> int:
    # Models can be imported only now.
    from django.db import connection

    from tests.bench import data
    from tests.bench.figures import FIGURES
    from tests.bench.measure import compare, table

    if unknown := [name for name in names if name not in FIGURES]:
        sys.stderr.write(f"unknown: {', '.join(unknown)}; there are: {', '.join(FIGURES)}\n")
        return 2
    if "TEST_DATABASE_URL" not in os.environ:
        _set_up_server(connection)
    _show(f"PostgreSQL {connection.pg_version // 10000}; making {DATABASE} …")
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    with migrated.test_database():
        data.fill()
        rows = []
        for name in names or FIGURES:
            for figure in FIGURES[name]():
                _show(f"{figure.name} …")
                rows.append(compare(figure).row())
                _show(" | ".join(rows[-1]))
        if rows:
            sys.stdout.write(table(rows) + "\n")
    return 0


def _set_up_server(connection) -> None:
    """Make the server of this run as safe as in production, and give it some memory."""
    with connection.cursor() as cursor:
        for name in QUICK_NOT_SAFE:
            cursor.execute(f"ALTER SYSTEM RESET {name}")
        for name, value in SERVER.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        cursor.execute("SELECT pg_reload_conf()")


def _show(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
