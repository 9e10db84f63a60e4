"""The site for nginx does what the page of operation says of it: tried with nginx itself."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

SITE = settings.BASE_DIR / "config" / "deploy" / "nginx" / "fallwerk.conf"
STARTS_WITHIN = 30  # seconds
NAME = "M%C3%BCllerowitsch"
MEGABYTE = 1024 * 1024

MAIN = """
worker_processes 1;
pid {folder}/pid;
error_log {folder}/main.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Upstream(BaseHTTPRequestHandler):
    """Stands where the web processes are, and notes what reaches it."""

    asked: list = []

    def do_GET(self):
        self.asked.append((self.path, dict(self.headers)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_args):
        """Say nothing."""


@dataclass
class Proxy:
    """A running nginx: its ports, its folder, and what stands behind it."""

    plain: int
    port: int
    folder: Path
    upstream: ThreadingHTTPServer

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers):
        """Return status, headers and content of an answer."""
        trusting = ssl._create_unverified_context()  # noqa: S323 - the certificate made here
        with closing(
            http.client.HTTPSConnection("127.0.0.1", self.port, context=trusting)
        ) as asking:
            asking.request(method, path, body or None, headers)
            answer = asking.getresponse()
            return answer.status, dict(answer.headers), answer.read().decode()

    def end_upstream(self) -> None:
        """Leave nobody behind the proxy."""
        self.upstream.shutdown()
        self.upstream.server_close()

    def logs(self, count: int) -> list[dict]:
        """Return what is in the access log, once it has so many lines: answers come before."""
        until = time.monotonic() + STARTS_WITHIN
        while True:
            lines = (self.folder / "fallwerk.log").read_text().splitlines()
            if len(lines) >= count or time.monotonic() > until:
                return [json.loads(line) for line in lines]
            time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


@pytest.fixture
def proxy(tmp_path) -> Iterator[Proxy]:
    """The site as shipped, with other ports and folders and a certificate of its own."""
    (tmp_path / "static").mkdir()
    shutil.copy(SITE.parent / "security.txt", tmp_path)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=fallwerk.your-office.example",
         "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    Thread(target=upstream.serve_forever).start()
    plain, port = free_port(), free_port()
    site = SITE.read_text()
    for shipped, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{upstream.server_port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("listen [::]:80;", ""),
        ("listen [::]:443 ssl;", ""),
        ("/etc/ssl/fallwerk", str(tmp_path)),
        ("/var/log/nginx", str(tmp_path)),
        ("/etc/fallwerk/security.txt", str(tmp_path / "security.txt")),
        ("/var/www/fallwerk", str(tmp_path / "static")),
    ):
        assert shipped in site
        site = site.replace(shipped, here)
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path))
    # As root its workers are of another account, which must come to the static files.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    command = [nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "main.log"]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        _wait_for(port)
        Upstream.asked.clear()
        yield Proxy(plain, port, tmp_path, upstream)
    finally:
        process.terminate()
        process.wait()
        upstream.shutdown()
        upstream.server_close()


def _wait_for(port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def test_what_a_browser_says_of_itself_is_replaced(proxy):
    proxy.ask(
        "/cases/",
        **{"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "http", "X-Request-ID": "mine"},
    )

    ((path, headers),) = Upstream.asked
    assert path == "/cases/"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert len(headers["X-Request-ID"]) == 32
    assert [line["request_id"] for line in proxy.logs(1)] == [headers["X-Request-ID"]]


def test_no_log_holds_what_was_searched_for(proxy):
    path = f"/cases/?q={NAME}"
    proxy.ask(path, Referer=f"https://fallwerk.your-office.example/persons/?q={NAME}")
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.plain)) as plain:
        plain.request("GET", path, headers={"Host": "fallwerk.your-office.example"})
        moved = plain.getresponse()
        assert (moved.status, moved.headers["Location"]) == (
            308, f"https://fallwerk.your-office.example{path}",
        )  # fmt: skip
    proxy.end_upstream()
    status, headers, page = proxy.ask(path)

    assert (status, headers["Retry-After"]) == (503, "30")
    assert '<html lang="de">' in page
    assert [path for path, _headers in Upstream.asked] == [path]  # it was passed on
    assert [(line["path"], line["status"]) for line in proxy.logs(3)] == [
        ("/cases/", 200), ("/cases/", 308), ("/cases/", 503),
    ]  # fmt: skip
    for log in proxy.folder.glob("*.log"):
        assert "lerowitsch" not in log.read_text(), log.name


def test_uploads_have_room_and_a_limit(proxy):
    evidence, too_much = b"." * (16 * MEGABYTE), b"." * (21 * MEGABYTE)

    assert proxy.ask("/evidence/", "POST", evidence)[0] == 200
    # Refused by what it says of itself, before it is sent.
    assert proxy.ask("/evidence/", "POST", b"", **{"Content-Length": str(len(too_much))})[0] == 413


def test_static_files_come_from_the_folder_and_machines_are_asked_elsewhere(proxy):
    (proxy.folder / "static" / "look.css").write_text("body {}")
    (proxy.folder / "static" / "look.0123456789ab.css").write_text("body {}")

    for name, kept in (("look.css", "60"), ("look.0123456789ab.css", "31536000, immutable")):
        status, headers, content = proxy.ask(f"/static/{name}")
        assert (status, content) == (200, "body {}")
        assert headers["Cache-Control"] == f"public, max-age={kept}"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert "\nContact: mailto:" in proxy.ask("/.well-known/security.txt")[2]
    assert proxy.ask("/metrics")[0] == 404
    assert proxy.ask("/health")[0] == 200
    assert [path for path, _headers in Upstream.asked] == ["/health"]
