"""The kept database is what migrating from nothing leads to."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import migrated

LISTED = re.compile(r"\bIN \(([^()]+)\)")
"""Django writes what an index of JSON lists in an order that is another one in each process."""


def in_order(sql: str | None) -> str:
    return LISTED.sub(lambda found: f"IN ({','.join(sorted(found[1].split(',')))})", sql or "")


def contents(path: Path) -> tuple[set, dict[str, int]]:
    """How each table, index and trigger of a file is made, and how many rows each table has."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT type, name, sql FROM sqlite_master")
        made = {(kind, name, in_order(sql)) for kind, name, sql in rows}
        tables = [name for kind, name, _sql in made if kind == "table"]
        count = 'SELECT count(*) FROM "{}"'
        return made, {name: database.execute(count.format(name)).fetchone()[0] for name in tables}


@pytest.mark.once
@pytest.mark.kept_database
def test_migrating_from_nothing_leads_to_the_kept_database(tmp_path):
    path = tmp_path / "nothing.sqlite3"
    migrated.migrate(f"sqlite:///{path}")

    assert contents(path) == contents(migrated.sqlite_file())
