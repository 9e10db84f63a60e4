"""The web server as it is started: all its threads hang, and yet it says how it does."""

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.error import HTTPError

import pytest
from django.conf import settings

from config.serve import commands

pytestmark = pytest.mark.once

PROMISED_SECONDS = 2
STARTS_WITHIN = 60  # seconds; a busy machine is slow
THREADS = 8


@contextmanager
def serving(database: str) -> Iterator[str]:
    """Serve with this database until the end; yields where."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        place = door.getsockname()
        line = commands(port="0", debug=False)["web"]
        line[line.index("--bind") + 1] = f"fd://{door.fileno()}"
        process = subprocess.Popen(
            line,
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
            },
            pass_fds=[door.fileno()],
            stderr=subprocess.DEVNULL,  # of each page that fails in the end
        )
        try:
            yield "http://{}:{}".format(*place)
        finally:
            process.kill()
            process.wait()


def health(url: str, seconds: float) -> tuple[int, dict]:
    """Ask; raises OSError where nobody answers in that time."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=seconds) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        return refusal.code, json.load(refusal)


def connected(url: str) -> socket.socket:
    host, _colon, port = url.rpartition("//")[2].partition(":")
    return socket.create_connection((host, int(port)))


def ask_and_do_not_wait(url: str, path: str) -> socket.socket:
    asking = connected(url)
    asking.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return asking


def test_health_is_told_while_every_thread_waits_for_a_database_that_says_nothing():
    with ExitStack() as opened:
        silent = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        silent.settimeout(STARTS_WITHIN)
        database = "postgresql://nobody@{}:{}/nothing?connect_timeout=60"
        url = opened.enter_context(serving(database.format(*silent.getsockname())))

        def ask(path: str) -> socket.socket:
            return opened.enter_context(closing(ask_and_do_not_wait(url, path)))

        pages = [ask("/offers/") for _thread in range(THREADS)]
        # Each thread has reached the database, and none is told anything.
        for _thread in range(THREADS):
            opened.enter_context(closing(silent.accept()[0]))
        pages += [ask("/offers/") for _queued in range(THREADS)]

        told = [health(url, PROMISED_SECONDS) for _again in range(3)]

        assert {status for status, _found in told} == {503}
        assert [found["database"] for _status, found in told] == ["unreachable"] * 3
        for page in pages:
            page.setblocking(False)
            with pytest.raises(BlockingIOError):
                page.recv(1)


def test_who_connects_and_says_nothing_keeps_no_thread(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "empty.sqlite3")
    with ExitStack() as opened:
        url = opened.enter_context(serving(f"sqlite:///{tmp_path}/empty.sqlite3"))
        health(url, STARTS_WITHIN)
        for _each in range(3 * THREADS):
            opened.enter_context(closing(connected(url)))
        page = opened.enter_context(closing(ask_and_do_not_wait(url, "/accounts/login/")))
        page.settimeout(PROMISED_SECONDS)
        assert page.recv(12) == b"HTTP/1.1 200"


def test_gunicorn_started_in_the_folder_takes_this_worker():
    shown = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "gunicorn"), "--print-config",
         "config.wsgi", "--workers", "3", "--threads", "4"],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
    ).stdout  # fmt: skip
    assert "worker_class" in shown
    assert "config.web_worker.WebWorker" in shown
