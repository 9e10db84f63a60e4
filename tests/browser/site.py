"""A Fallwerk of its own for a browser: a database in a folder, a server on a free port."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS_WITHIN = 180  # seconds; a busy machine is slow


@dataclass
class Site:
    """An installation in a folder: tasks run at once, so no worker is needed."""

    folder: Path
    day: str = ""
    """The day it is there, ISO; today unless given."""

    def __post_init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.pages: list[Page] = []
        """Those that somebody has open."""

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "DATABASE_URL": f"sqlite:///{self.folder}/fallwerk.sqlite3",
            "BROWSER_FOLDER": str(self.folder),
            "BROWSER_DAY": self.day,
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def run_inside(self, name: str) -> str:
        """Call a function of `tests.browser.inside` there and return what it printed."""
        code = f"from tests.browser import inside; inside.{name}()"
        return self.manage("shell", "-v0", "-c", code)

    def copy_to(self, folder: Path) -> "Site":
        """Return another site with the same rows and files."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Site(folder, day=self.day)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--threads", "4"]
        gunicorn += ["--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]
        self.log = (self.folder / "server.log").open("w")
        self.process = subprocess.Popen(
            [*gunicorn, "--log-level", "warning"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5)  # noqa: S310
            except OSError:
                time.sleep(0.1)
            else:
                return
        self.stop()  # or the tests that follow would be told of it
        raise AssertionError(f"no answer: {(self.folder / 'server.log').read_text()}")

    def go_to(self, day: str) -> None:
        """Let it be another day, ISO; who was signed in has to sign in again, at a new page.

        What is open is closed: some pages ask by themselves, and nobody is there meanwhile.
        """
        for page in self.pages:
            if not page.is_closed():
                page.close()
        self.pages.clear()
        self.stop()
        self.day = day
        self.start()

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait()
        self.log.close()
