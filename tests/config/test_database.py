"""Where a database url leads, that SQLite is set for writers side by side, and time-outs."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import pre_migrate
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


def seconds(text: str) -> float:
    """What a setting of PostgreSQL says, with its unit."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|min)?", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "min": 60, None: 0.001}[unit]


@pytest.mark.many_connections
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "most"),
    [("idle_in_transaction_session_timeout", 45), ("statement_timeout", 90)],
)
def test_session_of_a_silent_peer_ends_before_its_work_is_taken_over(setting, most):
    """Else its row locks would outlive it: takeover is after 45 s, promised within 90."""
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert 0 < seconds(cursor.fetchone()[0]) <= most


def test_both_sides_of_a_connection_notice_a_cut_network_in_time():
    options = database_from_url("postgresql://me@db/cases", base_dir=BASE)["OPTIONS"]
    theirs = dict(re.findall(r"-c (\w+)=(\d+)", options["options"]))
    ours = {name: options[f"keepalives_{name}"] for name in ("idle", "interval", "count")}

    assert {name: int(theirs[f"tcp_keepalives_{name}"]) for name in ours} == ours
    assert ours["idle"] + ours["interval"] * ours["count"] <= 45
    assert options["tcp_user_timeout"] == int(theirs["tcp_user_timeout"]) <= 45_000
    assert 0 < options["connect_timeout"] <= 10


def test_url_has_the_last_word():
    url = "postgresql://me@db/cases?connect_timeout=9&options=-c%20statement_timeout%3D0"
    options = database_from_url(url, base_dir=BASE)["OPTIONS"]

    assert int(options["connect_timeout"]) == 9
    assert options["options"].endswith(" -c statement_timeout=0")
    assert "idle_in_transaction_session_timeout" in options["options"]


@pytest.mark.many_connections
@pytest.mark.django_db
def test_migrating_has_all_the_time_it_takes():
    pre_migrate.send(apps.get_app_config("base"), using="default", plan=[])
    with connection.cursor() as cursor:
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SHOW {setting}")
            assert cursor.fetchone()[0] == "0"
