"""Guards around every test. None of them opens the database: a test asks for it by name."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.models import QuerySet
from django.template import engines
from hypothesis import settings as hypothesis_settings

from base.management.commands.compile_translations import compile_translations
from tests.guards import (
    UndefinedVariable,
    content_types_first,
    fetch_all_reversed,
    history_differences,
)

# The same examples on every machine; HYPOTHESIS_PROFILE=search looks for new ones, longer.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis_settings.register_profile("search", deadline=None, max_examples=2_000, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "ci")


def pytest_configure(config):
    """Compile what changed in the translations, once for all processes of a run."""
    if not hasattr(config, "workerinput"):
        compile_translations()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Give tests with real transactions the first rows back; run `once` tests in one run only."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        kwargs = marker.kwargs if marker else {}
        if kwargs.get("transaction") or "transactional_db" in item.fixturenames:
            kept = {**kwargs, "transaction": True, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**kept), append=False)
    if os.environ.get("TEST_RUN", "sqlite") != "sqlite":
        _deselect("once", config, items)
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        _deselect("many_connections", config, items)


def _deselect(marker: str, config, items: list) -> None:
    marked = [item for item in items if item.get_closest_marker(marker)]
    config.hook.pytest_deselected(items=marked)
    items[:] = [item for item in items if item not in marked]


@pytest.fixture(scope="session", autouse=True)
def _first_rows_can_be_restored():
    original = BaseDatabaseCreation.deserialize_db_from_string
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BaseDatabaseCreation, "deserialize_db_from_string", content_types_first(original)
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _first_copy(django_db_setup, django_db_blocker, tmp_path_factory) -> Path | None:
    """A copy of the migrated database, before any test; None without one in SQLite.

    Tests with real transactions empty the database itself.
    """
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite" or not connection.is_in_memory_db():
            return None
        if not connection.introspection.table_names():
            return None  # of the tests chosen, none asks for the database
        path = tmp_path_factory.mktemp("migrated") / "fallwerk.sqlite3"
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        return path


@pytest.fixture(scope="session")
def migrated_file(_first_copy, tmp_path_factory) -> Path:
    """An SQLite database without rows of ours, for processes of their own: copy it."""
    if _first_copy:
        return _first_copy
    path = tmp_path_factory.mktemp("migrated") / "fallwerk.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        check=True,
    )
    return path


@pytest.fixture(autouse=True)
def _undefined_template_variables_fail(monkeypatch):
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", UndefinedVariable())


@pytest.fixture(autouse=True)
def _rows_without_order_come_reversed(monkeypatch):
    monkeypatch.setattr(QuerySet, "_fetch_all", fetch_all_reversed(QuerySet._fetch_all))


@pytest.fixture(autouse=True)
def _history_tells_every_change(request):
    """After a test with a database: the newest history rows equal the live rows."""
    if not (
        request.node.get_closest_marker("django_db")
        or "db" in request.fixturenames
        or "transactional_db" in request.fixturenames
    ):
        yield
        return
    # Set up before, so that the rows are still there when this fixture ends.
    request.getfixturevalue("_django_db_helper")
    yield
    if not request.node.get_closest_marker("silent_writes"):
        assert history_differences() == []
