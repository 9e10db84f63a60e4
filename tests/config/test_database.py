"""Where a database url leads, and that SQLite is set for writers side by side."""

from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from config.database import database_from_url

BASE = Path("/srv/fallwerk")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        pytest.param("sqlite:///var/x.sqlite3", "/srv/fallwerk/var/x.sqlite3", id="relative"),
        pytest.param("sqlite:////data/x.sqlite3", "/data/x.sqlite3", id="absolute"),
        pytest.param("sqlite://:memory:", ":memory:", id="memory"),
        pytest.param("postgresql://me:secret@db:5433/cases", "cases", id="postgresql"),
        pytest.param("postgresql://me@/cases?host=/run/pg", "cases", id="postgresql by socket"),
    ],
)
def test_url_names_the_database(url, name):
    assert database_from_url(url, base_dir=BASE)["NAME"] == name


def test_sqlite_lets_readers_pass_and_writers_queue(tmp_path, django_db_blocker):
    database = database_from_url(f"sqlite:///{tmp_path}/x.sqlite3", base_dir=BASE)
    connection = ConnectionHandler({"default": database})["default"]
    pragmas = {}
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            pragmas[pragma] = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
    connection.close()

    normal = 1
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": normal,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
    }
    assert connection.transaction_mode == "IMMEDIATE"
