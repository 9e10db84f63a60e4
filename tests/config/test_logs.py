"""What is logged names no person: a few requests are walked, in which names are everywhere."""

import io
import json
import logging
import re
import smtplib
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, OperationalError
from django.test import Client
from django.urls import reverse

from config import logs, requests
from config.logs import ByMail, JsonLines
from tests.config.test_production import COMPLETE
from tests.factories import make_user

NAME = "Müllerowitsch"
TYPED = "M%C3%BCllerowitsch"
PARTS = ("llerowitsch", "%C3%BC", "1980")


@pytest.fixture
def lines():
    """What is logged, as it would be written in production; read by calling it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root, own = logging.getLogger(), logging.getLogger("fallwerk.requests")
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    own.setLevel(logging.NOTSET)


def raising(error):
    """A page that fails by this error."""

    def fail(*_args, **_kwargs):
        try:
            raise KeyError(NAME)
        except KeyError as first:
            raise error from first

    return fail


@pytest.fixture
def browser(client):
    """The browser of somebody whose name is not to be logged; faults are answered."""
    client.force_login(make_user(NAME, first_name=NAME, email=f"{TYPED}@house.example"))
    client.raise_request_exception = False
    return client


@pytest.mark.django_db
def test_no_line_names_a_person(browser, lines, monkeypatch):
    fails = raising(IntegrityError(f"duplicate key\nDETAIL: Key (name)=({NAME}, 1980) exists."))
    browser.get(reverse("search"), {"q": NAME})
    browser.get(f"/{NAME}/gone/", {"born": "1980"})
    browser.post(reverse("account_login"), {"login": NAME, "password": NAME})
    foreign = Client(enforce_csrf_checks=True)
    foreign.post(
        reverse("account_login"), {"login": NAME}, secure=True,
        headers={"referer": f"https://elsewhere.example/{TYPED}?q={TYPED}"},
    )  # fmt: skip
    browser.get("/", headers={"host": "elsewhere.example"})
    monkeypatch.setattr("base.workspace.context.Workspace.menu", property(fails))
    assert browser.get(reverse("home")).status_code == 500

    told = lines()
    errors = {line["logger"]: line["message"] for line in told if line["level"] == "ERROR"}
    assert errors.keys() == {"django.security.DisallowedHost", "django.request"}
    assert "add 'elsewhere.example' to ALLOWED_HOSTS" in errors["django.security.DisallowedHost"]
    assert errors["django.request"] == "Internal Server Error"
    (refused,) = [line for line in told if line["logger"] == "django.security.csrf"]
    assert "Referer checking failed - https://elsewhere.example/… does not" in refused["message"]
    for line in told:
        assert not [part for part in PARTS if part in json.dumps(line, ensure_ascii=False)], line
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert len(line["request_id"]) == 32
    asked = [line for line in told if line["logger"] == "fallwerk.requests"]
    assert [(line["method"], line["route"], line["status"]) for line in asked] == [
        ("GET", "search/", 200), ("GET", r"^((?:[\w\-]+/)*)$", 404),
        ("POST", "accounts/login/", 302),
        ("POST", "accounts/login/", 403), ("GET", "-", 400), ("GET", "", 500),
    ]  # fmt: skip
    assert all(isinstance(line["milliseconds"], int) for line in asked)


@pytest.mark.django_db
def test_a_fault_is_found_by_what_its_page_says(browser, lines, monkeypatch):
    fails = raising(IntegrityError(NAME))
    monkeypatch.setattr("base.workspace.context.Workspace.menu", property(fails))
    answer = browser.get(reverse("home"))
    number = answer.headers["X-Request-ID"]

    assert f"<code>{number[:8]}</code>" in answer.content.decode()
    (line,) = [line for line in lines() if line["level"] == "ERROR"]
    assert (line["request_id"], line["route"], line["status"]) == (number, "", 500)
    last, first, *_before = line["error"]
    assert (last["type"], first["type"]) == ("django.db.utils.IntegrityError", "builtins.KeyError")
    assert "text" not in last
    assert re.fullmatch(r"tests/config/test_logs\.py:\d+ fail", last["where"][-1])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [
        pytest.param(1, "0123456789abcdef", True, id="of the proxy"),
        pytest.param(0, "0123456789abcdef", False, id="of a browser"),
        pytest.param(1, f"{NAME} was here", False, id="not well-formed"),
    ],
)
def test_the_proxy_s_number_is_kept(client, settings, lines, proxies, given, kept):
    settings.PROXIES = proxies
    answer = client.get(reverse("account_login"), headers={"x-request-id": given})
    number = answer.headers["X-Request-ID"]

    assert (number == given) == kept
    assert [line["request_id"] for line in lines()] == [number]
    assert logs.request_id.get() == ""


def test_pages_that_refuse_name_the_request(client, db):
    for answer in (
        client.get("/nowhere/"),
        Client(enforce_csrf_checks=True).post(reverse("account_login"), {}),
    ):
        number = answer.headers["X-Request-ID"]
        assert f"Nummer <code>{number[:8]}</code>" in answer.content.decode()


def record(error=None, message="It failed: %s", *args, **extra):
    caught = error and (type(error), error, None)
    made = logging.LogRecord(
        "jobs.runs", logging.ERROR, __file__, 1, message, args or ("x",), caught
    )
    made.__dict__.update(extra)
    return made


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OperationalError(f"connection refused\nDETAIL: {NAME}"), "connection refused"),
        (FileNotFoundError(2, "No such file", "/srv/x"), "[Errno 2] No such file: '/srv/x'"),
        (smtplib.SMTPRecipientsRefused({f"{NAME}@x.example": (550, b"no")}), None),
        (ValueError(f"invalid literal: {NAME}"), None),
        (KeyError(NAME), None),
    ],
)
def test_exceptions_speak_where_they_speak_of_machines(error, text):
    (entry,) = logs.told(record(error))["error"]

    assert entry.get("text") == text


def test_a_query_is_never_repeated():
    said = logs.told(record(None, "Error handling request %s", f"/cases/?q={TYPED}&page=2"))

    assert said["message"] == "Error handling request /cases/?…"


@pytest.fixture
def admins(settings):
    settings.ADMINS = [("", "technik@house.example"), ("", "bereitschaft@house.example")]
    settings.SERVER_EMAIL = "fallwerk@house.example"


def test_errors_are_reported_once_without_names(admins):
    handler = ByMail()
    try:
        raise ValueError(NAME)
    except ValueError as error:
        caught = (type(error), error, error.__traceback__)
    for _again in range(3):
        made = record()
        made.exc_info = caught
        handler.handle(made)
    handler.handle(record(KeyError(NAME)))
    handler.handle(record(IndexError(), status_code=400))  # the asker's fault
    logging.getLogger("x").handle(made)  # others report nothing

    first, second = mail.outbox
    assert first.to == ["technik@house.example", "bereitschaft@house.example"]
    assert "jobs.runs builtins.ValueError tests/config/test_logs.py" in first.subject
    assert json.loads(first.body)["error"][0]["type"] == "builtins.ValueError"
    assert "KeyError" in second.subject
    assert not [part for part in PARTS if part in first.body + first.subject + second.body]


def test_a_mail_server_that_fails_is_not_reported_to_it(admins, monkeypatch, lines):
    def refuse(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.mail_admins", refuse)
    ByMail().handle(record())

    (line,) = lines()
    assert (line["level"], line["message"]) == (
        "WARNING",
        "No report by e-mail: ConnectionRefusedError",
    )


def test_a_report_that_cannot_be_made_breaks_nothing(admins, monkeypatch, capsys):
    def refuse(*_args, **_kwargs):
        raise ValueError(NAME)

    monkeypatch.setattr("config.logs.told", refuse)
    ByMail().handle(record())
    assert mail.outbox == []
    assert "Logging error" in capsys.readouterr().err


SHOW = """
import json
from config.settings import production as p
said = p.LOGGING
print(json.dumps([said["root"]["handlers"], p.ADMINS, said["loggers"]["django"]["handlers"]]))
"""


@pytest.mark.once
@pytest.mark.parametrize(
    ("admins", "expected"),
    [
        ({}, [["stderr"], [], []]),
        (
            {"ADMINS": "a@house.example, b@house.example"},
            [["stderr", "admins"], [["", "a@house.example"], ["", "b@house.example"]], []],
        ),
    ],
)
def test_reports_go_where_the_environment_says(admins, expected):
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=settings.BASE_DIR, env={**COMPLETE, **admins},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(shown.stdout) == expected


def test_routes_are_patterns(rf):
    assert requests.route_of(rf.get("/cases/1/")) == "-"
