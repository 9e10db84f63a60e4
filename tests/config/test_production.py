"""Production settings refuse to start until everything that must be decided is."""

import json
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


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "False None", id="none"),
        pytest.param({"BEHIND_PROXY": "0"}, "False None", id="none on purpose"),
        pytest.param({"BEHIND_PROXY": "1"}, "True 1", id="one"),
        pytest.param({"BEHIND_PROXY": "2"}, "True 2", id="a load balancer before it"),
    ],
)
def test_as_many_proxies_are_believed_as_there_are(change, expected):
    names = "hasattr(p, 'SECURE_PROXY_SSL_HEADER'), getattr(p, 'ALLAUTH_TRUSTED_PROXY_COUNT', None)"
    assert load({**COMPLETE, **change}, names).stdout.strip() == expected


def test_letters_and_evidence_are_not_for_everybody_on_the_machine(tmp_path):
    store = "from base.documents.files import store; print(store(b'letter'))"
    stored = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {store}"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "MEDIA_ROOT": str(tmp_path / "media"),
            **COMPLETE,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    made = [path for path in (tmp_path / "media").rglob("*")]

    assert stored.stdout.strip() in {path.stem for path in made}
    assert {(path.is_dir(), path.stat().st_mode & 0o777) for path in made} == {
        (True, 0o750), (False, 0o640),
    }  # fmt: skip


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

    failed, task = [json.loads(line) for line in told.stderr.splitlines()]
    assert (failed["level"], failed["message"]) == ("ERROR", "It failed: /cases/")
    assert failed["error"][0]["type"] == "builtins.ValueError"
    assert (task["level"], task["message"]) == ("INFO", "A task was done")
