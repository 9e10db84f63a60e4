"""The page of operation, followed as an administrator would: its commands, its example, its units.

On SQLite, where PostgreSQL stands on the page, and from a database that is migrated already.
"""

import http.client
import json
import os
import pty
import re
import shlex
import shutil
import socket
import socketserver
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest
from django.conf import settings

from tests.config.test_deploy import EXAMPLE, unit

pytestmark = pytest.mark.once

ROOT = settings.BASE_DIR
PAGE = (ROOT / "docs" / "operation.md").read_text()
SYSTEMD = ROOT / "config" / "deploy" / "systemd"
WELL_WITHIN = 120  # seconds; a busy machine is slow
PASSWORD = "Vier-Kisten-Apfelsaft"
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
MANAGE = re.compile(r"^(?:\.venv/bin/python )?(manage\.py [^#\n]+)", re.M)


def section(number: int) -> str:
    """Return one numbered section of the page."""
    return re.split(r"^## ", PAGE, flags=re.M)[number]


def blocks(language: str, text: str) -> list[str]:
    """Return the commands and files that a text shows."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


class Letterbox(socketserver.StreamRequestHandler):
    """A mail server that takes everything."""

    taken: list = []

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.taken.append(text.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")


class Installation:
    """A host with the environment of the example, filled in, in a folder of its own."""

    def __init__(self, folder: Path, database: Path, mail_port: int):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = door.getsockname()[1]
        filled = {
            "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "DATABASE_URL": f"sqlite:///{database}",
            "ALLOW_SQLITE": "1",
            "MEDIA_ROOT": f"{folder}/media",
            "STATIC_ROOT": f"{folder}/static",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            "EMAIL_USE_TLS": "0",
            "EMAIL_HOST_USER": "",
        }
        text = EXAMPLE.read_text()
        for name, value in filled.items():
            text, found = re.subn(rf"^#?{name}=.*$", f"{name}={value}", text, flags=re.M)
            assert found == 1, name
        (folder / "fallwerk.env").write_text(text)
        # As systemd starts it: nothing of whoever runs the tests but where programs are.
        told = subprocess.run(
            ["env", "-i", "sh", "-c", f"set -a; . {folder}/fallwerk.env; /usr/bin/env -0"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        read = dict(entry.partition("=")[::2] for entry in told.split("\0") if entry)
        self.environment = {**read, "PATH": os.environ["PATH"]}

    def run(self, command: str) -> str:
        """Run a command of `manage.py` as the page has it; return what it says."""
        done = subprocess.run(
            [sys.executable, *shlex.split(command)],
            cwd=ROOT, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr, done.stderr
        return done.stdout

    def type_password(self, command: str) -> str:
        """Run a command that asks a terminal for a new password, twice."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, *shlex.split(command)], self.environment)  # noqa: S606
        said = ""
        for _twice in range(2):
            while not said.rstrip().endswith(":"):
                said += os.read(terminal, 1000).decode()
            os.write(terminal, f"{PASSWORD}\n".encode())
            said = ""
        while True:
            try:
                said += os.read(terminal, 1000).decode()
            except OSError:  # the end, as terminals say it
                break
        assert os.waitpid(process, 0)[1] == 0, said
        return said

    @contextmanager
    def started(self, *names: str) -> Iterator[None]:
        """Start what these units start, at another address."""
        processes = []
        for name in names:
            start = unit(SYSTEMD / name)["Service"]["ExecStart"][0]
            program, *words = shlex.split(start.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}"))
            installed = Path(sys.executable).with_name(Path(program).name)
            with (self.folder / f"{name}.log").open("w") as log:
                processes.append(
                    subprocess.Popen(
                        [installed, *words], cwd=ROOT, env=self.environment, stdout=log, stderr=log
                    )
                )
        try:
            yield
        finally:
            for process in processes:
                process.terminate()
            self.codes = [process.wait(60) for process in processes]

    def ask(self, method: str, path: str, body: str | None = None, **headers):
        """Return status, headers and content of the web process's answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as asking:
            asking.request(method, path, body, {**PROXY, **headers})
            answer = asking.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def until_well(self) -> dict:
        """Ask `/health/work` until it is well; return what it says then, or at last."""
        until, found = time.monotonic() + WELL_WITHIN, {}
        while time.monotonic() < until:
            try:
                status, _headers, content = self.ask("GET", "/health/work")
            except OSError:
                status, content = 0, "{}"
            found = json.loads(content)
            if status == 200:
                break
            time.sleep(0.5)
        return found


@pytest.fixture
def installation(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "fallwerk.sqlite3")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Letterbox) as mail:
        Letterbox.taken.clear()
        Thread(target=mail.serve_forever, daemon=True).start()
        yield Installation(tmp_path, tmp_path / "fallwerk.sqlite3", mail.server_address[1])
        mail.shutdown()


def cookies(headers) -> str:
    """Return what a browser would send back."""
    return "; ".join(each.partition(";")[0] for each in headers.get_all("Set-Cookie", ()))


def test_followed_from_the_first_command_to_the_first_sign_in(installation):
    second = section(2)
    commands = [
        command.strip() for block in blocks("sh", second) for command in MANAGE.findall(block)
    ]
    assert [command.split()[1] for command in commands] == [
        "compile_translations", "collectstatic", "migrate", "check", "sendtestemail",
        "import_data", "changepassword",
    ]  # fmt: skip
    (start,) = blocks("yaml", second)
    (installation.folder / "start.yaml").write_text(start)
    *first, changepassword = commands
    for command in first:
        installation.run(command.replace("start.yaml", f"{installation.folder}/start.yaml"))
    assert (installation.folder / "static" / "staticfiles.json").exists()
    installation.type_password(changepassword)

    with installation.started(
        "fallwerk-web.service", "fallwerk-worker@.service", "fallwerk-scheduler@.service"
    ):
        found = installation.until_well()
        assert (found["status"], found["version"]) == ("ok", settings.VERSION)
        assert installation.ask("GET", "/health")[0] == 200
        assert installation.ask("GET", "/metrics")[0] == 404  # nobody has set a token
        assert installation.ask("GET", "/", **{"X-Forwarded-Proto": "http"})[0] == 301

        status, headers, page = installation.ask("GET", "/accounts/login/")
        assert (status, headers["Strict-Transport-Security"][:16]) == (200, "max-age=31536000")
        (style,) = re.findall(r'"(/static/base/workspace\.[0-9a-f]{12}\.css)"', page)
        assert installation.ask("GET", style)[0] == 200
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"login": "t.technik", "password": PASSWORD, "csrfmiddlewaretoken": token}
        status, headers, page = installation.ask(
            "POST", "/accounts/login/", urlencode(form),
            **{"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies(headers),
               "Referer": f"https://127.0.0.1:{installation.port}/accounts/login/"},
        )  # fmt: skip
        assert (status, headers["Location"]) == (302, "/"), page
        status, headers, page = installation.ask("GET", "/", Cookie=cookies(headers))
        assert (status, headers["Location"]) == (302, "/accounts/2fa/totp/activate/")

        until = time.monotonic() + WELL_WITHIN
        while not Letterbox.taken and time.monotonic() < until:
            time.sleep(0.2)
        assert "To: you@your-office.example" in Letterbox.taken[0]

    assert installation.codes == [0, 0, 0]  # ended in good order
    assert installation.run("manage.py check_history").strip() == "Nothing found."
    logged = (installation.folder / "fallwerk-web.service.log").read_text().splitlines()
    asked = [line for line in map(json.loads, logged) if line["logger"] == "fallwerk.requests"]
    assert ("POST", "accounts/login/", 302) in [
        (line["method"], line["route"], line["status"]) for line in asked
    ]
    assert "t.technik" not in "".join(logged)


def test_the_page_speaks_of_files_that_are_there():
    links = re.findall(r"\]\((?!http|#)([^)#]+)", PAGE)
    named = re.findall(r"`((?:config|tests)/[\w./]+)`", PAGE) + re.findall(
        r"(config/deploy/[\w./-]+\.\w+)", PAGE
    )

    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_page_leads_only_to_places_of_its_own():
    headings = re.findall(r"^#+ (.+)$", PAGE, flags=re.M)
    places = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= places
