"""Guards around every test. None of them opens the database: a test asks for it by name."""

import gc
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.template import engines
from hypothesis import settings as hypothesis_settings

from base.documents import pdf
from tests import migrated
from tests.failing import in_short
from tests.guards import (
    UndefinedVariable,
    Written,
    content_types_first,
    fetch_all_reversed,
    history_differences,
)
from tests.printed import printed_once
from tests.taking import BROWSER, POSTGRESQL, SQLITE, run_taken

# The same examples on every machine; HYPOTHESIS_PROFILE=search looks for new ones, longer.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis_settings.register_profile("search", deadline=None, max_examples=2_000, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "ci")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Give tests with real transactions the first rows back; run `once` tests in one run only."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        kwargs = marker.kwargs if marker else {}
        if kwargs.get("transaction") or "transactional_db" in item.fixturenames:
            kept = {**kwargs, "transaction": True, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**kept), append=False)
    run = os.environ.get("TEST_RUN", SQLITE)
    if run == POSTGRESQL:
        _deselect(lambda item: item.get_closest_marker("once") or not _asks(item), config, items)
    if os.environ.get("TEST_QUEUE"):
        # These use databases of their own, in an order of their own.
        _deselect(lambda item: (run == BROWSER) != _is_in(BROWSER_FOLDER, item), config, items)
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        _deselect(lambda item: item.get_closest_marker("many_connections"), config, items)
    if not migrated.is_kept():
        # It is about to be made in the very way that it would be compared with.
        _deselect(lambda item: item.get_closest_marker("kept_database"), config, items)
    items.sort(key=_place)


def pytest_collection_finish(session):
    """Leave what is loaded now out of every search for garbage: it was a sixth of the time."""
    gc.collect()
    gc.freeze()


def pytest_runtestloop(session):
    """Where processes share a run, do what this one takes; otherwise leave it to pytest."""
    queue = os.environ.get("TEST_QUEUE")
    if not queue or session.testsfailed or session.config.option.collectonly:
        return None
    run_taken(session, _part, Path(queue))
    return True


def pytest_runtest_logreport(report):
    """Name what fails at once; the whole story follows at the end."""
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        message = crash.message if crash else report.longreprtext
        said = in_short(message, report.longreprtext)
        sys.stdout.write(f"\nFAILED {report.nodeid}: {said}\n")


BROWSER_FOLDER = "tests/browser/"
TOGETHER = "tests/invariants/rows/"
"""The folder whose tests share what takes long to make: one process does all of them."""
LONGEST_FIRST = (BROWSER_FOLDER, TOGETHER, "tests/invariants/", "tests/jobs/")
"""What is begun late keeps one processor busy while the others have nothing left to do."""


def _place(item) -> int:
    first = (place for place, folder in enumerate(LONGEST_FIRST) if _is_in(folder, item))
    return next(first, len(LONGEST_FIRST))


def _part(item) -> str:
    """What one process does as a whole: a file, or a folder of them."""
    return TOGETHER if _is_in(TOGETHER, item) else item.nodeid.partition("::")[0]


def _is_in(folder: str, item) -> bool:
    return item.nodeid.startswith(folder)


def _asks(item) -> bool:
    """Whether a test asks a database at all; those that do not need not run for each."""
    fixtures = {"db", "transactional_db"} & set(item.fixturenames)
    return bool(fixtures or item.get_closest_marker("django_db"))


def _deselect(which: Callable, config, items: list) -> None:
    kept, gone = [], []
    for item in items:
        (gone if which(item) else kept).append(item)
    config.hook.pytest_deselected(items=gone)
    items[:] = kept


@pytest.fixture(scope="session", autouse=True)
def _first_rows_can_be_restored():
    original = BaseDatabaseCreation.deserialize_db_from_string
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BaseDatabaseCreation, "deserialize_db_from_string", content_types_first(original)
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _letters_are_printed_once(tmp_path_factory):
    queue = os.environ.get("TEST_QUEUE")
    kept = Path(queue).parent / "printed" if queue else tmp_path_factory.mktemp("printed")
    kept.mkdir(exist_ok=True)
    program = shutil.which(settings.LIBREOFFICE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_converted", printed_once(pdf._converted, program, kept))
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """In place of pytest-django's, which migrates each time."""
    with django_db_blocker.unblock(), migrated.test_database():
        yield


@pytest.fixture(scope="module")
def kept_rows(django_db_setup, django_db_blocker):
    """Let fixtures of a module write what all its tests find, each as it was written.

    Whoever changes an object of such a fixture changes it for the others, too: hand out copies.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def migrated_file() -> Path:
    """An SQLite database without rows of ours, for processes of their own: copy it."""
    return migrated.sqlite_file()


@pytest.fixture(autouse=True)
def _undefined_template_variables_fail(monkeypatch):
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", UndefinedVariable())


@pytest.fixture(autouse=True)
def _rows_without_order_come_reversed(monkeypatch):
    monkeypatch.setattr(QuerySet, "_fetch_all", fetch_all_reversed(QuerySet._fetch_all))


@pytest.fixture(scope="session")
def _written():
    """Which tables this process has written to, fixtures of modules included."""
    noted = Written()

    def copy(cursor, sql, *args):
        noted.note_statement(sql)
        return cursor.cursor.copy(sql, *args)

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(noted.note):
        # Django has no method of its own for it that would ask the wrappers.
        patch.setattr(CursorWrapper, "copy", copy, raising=False)
        yield noted


@pytest.fixture
def own_template(tmp_path, monkeypatch) -> Callable[[str, bytes], None]:
    """Put a template of documents where those of an installation lie."""

    def put(name: str, content: bytes) -> None:
        (tmp_path / "documents").mkdir(exist_ok=True)
        (tmp_path / "documents" / name).write_bytes(content)
        monkeypatch.setattr(engines["django"], "template_dirs", (tmp_path,))

    return put


@pytest.fixture(autouse=True)
def _history_tells_every_change(request, _written, django_db_blocker):
    """After a test with a database: the newest history rows equal the live rows.

    Of what was written to; where other processes or threads may have written, of everything.
    """
    if not _asks(request.node):
        # What a module keeps leaves the database open; such a test would run on one alone.
        with django_db_blocker.block():
            yield
        return
    marker = request.node.get_closest_marker("django_db")
    # Set up before, so that the rows are still there when this fixture ends.
    request.getfixturevalue("_django_db_helper")
    yield
    tables = _written.take()
    shared = "transactional_db" in request.fixturenames or (
        marker and marker.kwargs.get("transaction")
    )
    if not request.node.get_closest_marker("silent_writes"):
        assert history_differences(None if shared else tables) == []
