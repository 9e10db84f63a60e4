"""Production settings refuse to start until everything that must be decided is."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

COMPLETE = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "DATABASE_URL": "postgresql://localhost/fallwerk",
    "ALLOWED_HOSTS": "fallwerk.example, www.fallwerk.example",
    "BASE_URL": "https://fallwerk.example",
}
SQLITE = {"DATABASE_URL": "sqlite:///var/x.sqlite3"}
SHOW = "p.ALLOWED_HOSTS, p.DEBUG, p.SECURE_SSL_REDIRECT, p.SESSION_COOKIE_SECURE"

pytestmark = pytest.mark.once


FAILED = """
import logging
import django
django.setup()
try:
    raise ValueError("of the request")
except ValueError:
    logging.getLogger("django.request").error("It failed: %s", "/cases/", exc_info=True)
from django_tasks_db.management.commands.db_worker import Command, logger
Command().configure_logging(verbosity=1)
logger.info("A task was done")
logging.getLogger("of.some.library").info("Chatter")
"""


def load(environment, show=SHOW):
    """Load the production settings in a process of its own with only `environment`."""
    return subprocess.run(
        [sys.executable, "-c", f"from config.settings import production as p; print({show})"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"SECRET_KEY": ""}, "variable SECRET_KEY", id="no secret key"),
        pytest.param({"DATABASE_URL": ""}, "variable DATABASE_URL", id="no database"),
        pytest.param({"ALLOWED_HOSTS": " "}, "variable ALLOWED_HOSTS", id="no host"),
        pytest.param({"BASE_URL": ""}, "variable BASE_URL", id="no address"),
        pytest.param({"BASE_URL": "http://x.example"}, "start with https://", id="not encrypted"),
        pytest.param(SQLITE, "ALLOW_SQLITE=1", id="sqlite by accident"),
        pytest.param({"TEMPLATES_DIR": "/nowhere"}, "/nowhere is none", id="no folder of letters"),
    ],
)
def test_refusal_names_what_is_missing(change, words):
    loaded = load({**COMPLETE, **change})

    assert loaded.returncode != 0
    assert words in loaded.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="postgresql"),
        pytest.param({**SQLITE, "ALLOW_SQLITE": "1"}, id="sqlite on purpose"),
    ],
)
def test_complete_environment_is_accepted(change):
    loaded = load({**COMPLETE, **change})

    hosts = ["fallwerk.example", "www.fallwerk.example"]
    assert loaded.stdout.strip() == f"{hosts} False True True", loaded.stderr


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "True 1800", id="always"),
        pytest.param({"SECOND_FACTOR_REQUIRED": "0"}, "False 1800", id="waived on purpose"),
        pytest.param({"SESSION_MINUTES": "10"}, "True 600", id="shorter session"),
    ],
)
def test_second_factor_is_required_and_sessions_end(change, expected):
    loaded = load({**COMPLETE, **change}, "p.SECOND_FACTOR_REQUIRED, p.SESSION_COOKIE_AGE")

    assert loaded.stdout.strip() == expected, loaded.stderr


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "django_tasks_db.DatabaseBackend False", id="database"),
        pytest.param({"REDIS_URL": "redis://127.0.0.1"}, "base.broker.Backend True", id="broker"),
    ],
)
def test_tasks_wait_in_the_database_unless_a_broker_is_named(change, expected):
    loaded = load(
        {**COMPLETE, **change}, "p.TASKS['default']['BACKEND'], 'django_rq' in p.INSTALLED_APPS"
    )

    assert loaded.stdout.strip() == expected, loaded.stderr


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "['default'] False", id="none"),
        pytest.param(
            {"DATABASE_REPLICA_URL": "postgresql://copy/fallwerk"},
            "['default', 'replica'] True",
            id="one",
        ),
    ],
)
def test_a_replica_is_there_where_one_is_named(change, expected):
    loaded = load({**COMPLETE, **change}, "list(p.DATABASES), hasattr(p, 'DATABASE_ROUTERS')")

    assert loaded.stdout.strip() == expected, loaded.stderr


def test_an_installation_s_own_letters_come_first(tmp_path):
    (tmp_path / "documents").mkdir()
    (own := tmp_path / "documents" / "report.docx").touch()
    find = "import django; django.setup(); from base.documents import find_template as find"
    names = "find('documents/report.docx'), find('documents/statement.docx')"
    found = subprocess.run(
        [sys.executable, "-c", f"{find}; print(*({names}), sep='\\n')"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "TEMPLATES_DIR": str(tmp_path),
            **COMPLETE,
        },
        capture_output=True,
        text=True,
        check=True,
    )

    shipped = settings.BASE_DIR / "jobs" / "templates" / "documents" / "statement.docx"
    assert found.stdout.splitlines() == [str(own), str(shipped)]


def test_failed_requests_and_tasks_are_told_on_standard_error():
    told = subprocess.run(
        [sys.executable, "-c", FAILED],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            **COMPLETE,
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stderr.count("ERROR django.request: It failed: /cases/") == 1
    assert "ValueError: of the request" in told.stderr
    assert told.stderr.count("A task was done") == 1
    assert "Chatter" not in told.stderr
