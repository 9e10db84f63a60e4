"""Databases with every migration applied, made once and kept until a migration changes.

Migrating takes longer than most tests. What comes out is kept under a name that is a hash of all
migrations and of the pinned packages: as a file for SQLite (`var/tests/`), as a template on a
PostgreSQL server. Tests, sites for the browser and killed processes work on copies.
`tests/config/test_migrated.py` migrates from nothing and compares, where one was kept before.
"""

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection

from config.settings.base import BASE_DIR, FALLWERK_APPS, INSTALLED_APPS, VAR_DIR

FOLDER = VAR_DIR / "tests"
PREFIX = "migrated_"
LOCK = 20_240_314  # of PostgreSQL, held while a template is made


def fingerprint() -> str:
    """Return a hash of all that decides what migrating from nothing leads to."""
    found = hashlib.sha256(" ".join(INSTALLED_APPS).encode())
    # Which migrations the libraries bring follows from their pinned versions.
    paths = [BASE_DIR / "requirements.txt"]
    for app in FALLWERK_APPS:
        paths += sorted((BASE_DIR / app / "migrations").glob("*.py"))
    for path in paths:
        found.update(f"{path.name}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def migrate(url: str) -> None:
    """Migrate the database of that url, in a process of its own."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    test = {"DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": url}
    environment = {**os.environ, **test}
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True)


def is_kept() -> bool:
    """Whether a migrated SQLite file is there already."""
    return _kept_file().exists()


def _kept_file() -> Path:
    return FOLDER / f"{PREFIX}{fingerprint()}.sqlite3"


def sqlite_file() -> Path:
    """Return a migrated SQLite file, made if it is not there: copy it."""
    kept = _kept_file()
    with _one_at_a_time(FOLDER / "sqlite.lock"):
        if not kept.exists():
            for outdated in FOLDER.glob(f"{PREFIX}*.sqlite3*"):
                outdated.unlink()
            unfinished = kept.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            migrate(f"sqlite:///{unfinished}")
            # One file, without a journal beside it.
            with closing(sqlite3.connect(unfinished)) as database:
                database.execute("PRAGMA journal_mode = DELETE")
            unfinished.rename(kept)
    return kept


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def postgresql_template(url: str) -> str:
    """Return the name of a migrated database on the server of that url, made if it is not there."""
    name = f"{PREFIX}{fingerprint()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        names = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        there = {row[0] for row in server.execute(names, [PREFIX])}
        if name not in there:
            for outdated in there:
                server.execute(f'DROP DATABASE "{outdated}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{PREFIX}unfinished"')
            migrate(urlsplit(url)._replace(path=f"/{PREFIX}unfinished").geturl())
            server.execute(f'ALTER DATABASE "{PREFIX}unfinished" RENAME TO "{name}"')
    return name


@contextmanager
def test_database() -> Iterator[None]:
    """Let the connection work in a copy of a migrated database; its first rows can be restored."""
    outside = connection.settings_dict["NAME"]
    inside = connection.creation._get_test_db_name()
    if connection.vendor == "postgresql":
        # Processes that share a run have a database each.
        inside = f"{inside}_{os.environ.get('TEST_PROCESS', '1')}"
        template = postgresql_template(os.environ["DATABASE_URL"])
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{inside}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{inside}" TEMPLATE "{template}"')
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = inside
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(sqlite_file())) as kept:
            kept.backup(connection.connection)
    # Permissions, triggers and the like follow the code as it is now, not migrations.
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    connection._test_serialized_contents = connection.creation.serialize_db_to_string()
    yield
    connection.creation.destroy_test_db(outside, verbosity=0)
