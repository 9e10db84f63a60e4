"""Databases for scripts whose processes are killed (see `killing`)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from tests import migrated


@pytest.fixture(scope="module")
def empty_database(django_db_blocker, tmp_path_factory) -> Iterator[str]:
    """The url of a migrated database without rows."""
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("killed") / "killed.sqlite3"
        shutil.copy(migrated.sqlite_file(), path)
        yield f"sqlite:///{path}"
        return
    template = migrated.postgresql_template(os.environ["DATABASE_URL"])
    name = f"killed_{os.getpid()}"
    with django_db_blocker.unblock():
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    with django_db_blocker.unblock():
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_server(sql: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(scope="module")
def killing(empty_database) -> Callable[[str], dict]:
    """Run a module on that database; returns what it printed."""

    def run(module: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", module],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": empty_database,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
            },
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout)

    return run
