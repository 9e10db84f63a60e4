"""Killed with SIGKILL after each contract and run again, a job leaves what one run leaves."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from tests.invariants.killed_runs import BILLED_BEFORE, CONTRACTS, POINTS

pytestmark = pytest.mark.django_db
SIGKILL = 9


@pytest.fixture(scope="module")
def empty_database(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[str]:
    """The url of a migrated database without rows: a copy of the one tests work in.

    Made before a test opens its transaction, which would keep PostgreSQL from copying.
    """
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            path = tmp_path_factory.mktemp("killed") / "runs.sqlite3"
            _copy_file(path)
            yield f"sqlite:///{path}"
            return
        source = connection.settings_dict["NAME"]
        name = f"{source}_killed_{os.getpid()}"
        connection.close()
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    with django_db_blocker.unblock():
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _copy_file(path: Path) -> None:
    connection.ensure_connection()
    copy = sqlite3.connect(path)
    connection.connection.backup(copy)
    copy.close()


def _on_server(sql: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(scope="module")
def report(empty_database) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.invariants.killed_runs"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": empty_database,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_undisturbed_run_bills_every_contract(report):
    status, result = report["undisturbed"]
    assert status == 0
    assert result["findings"] == []
    drafts = [row for row in result["statements"] if row[2] == "draft"]
    assert len(drafts) == CONTRACTS + BILLED_BEFORE
    # 7·1 + 4 and 7·1 + 5 minutes at 60 EUR an hour: 11 + 12 EUR.
    assert ["K-01", "2024-03-01", "draft", "23.00"] in drafts
    # 5 minutes more in February, billed as a correction.
    assert ["K-01", "2024-02-01", "draft", "5.00"] in drafts
    assert any(name.startswith("results/") for name in result["export"])


def test_each_process_was_killed_where_it_should_be(report):
    assert [each["point"] for each in report["killed"]] == [
        f"{point.kind} {point.number}" for point in POINTS
    ]
    assert {each["signal"] for each in report["killed"]} == {SIGKILL}


def test_repeated_run_ends_with_what_one_run_ends_with(report):
    """No gap, no duplicate, one history row and one event for each statement."""
    undisturbed = report["undisturbed"]
    different = [each["point"] for each in report["killed"] if each["again"] != undisturbed]
    assert different == []
