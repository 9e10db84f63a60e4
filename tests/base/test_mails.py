"""No page waits for a mail server: with it down, everything is stored and sent later."""

import re
import socket
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.mail import EmailMessage, send_mail
from django.core.mail.backends import locmem
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.accounts import mails
from base.accounts.mails import GIVEN_UP_AFTER, KEPT_AFTER, send_due
from base.models import Mail
from tests.base.test_accounts import totp
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Gelbe-Tasse-42"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


class Down(BaseEmailBackend):
    """A mail server that nobody reaches."""

    def send_messages(self, email_messages):
        if email_messages:
            raise ConnectionRefusedError("no server")


@pytest.fixture(autouse=True)
def down(settings):
    """Mails are queued as in production, and the server is down."""
    settings.EMAIL_BACKEND = "base.accounts.mails.Queue"
    settings.DELIVERING_EMAIL_BACKEND = f"{__name__}.Down"
    return settings


@pytest.fixture
def anna(client):
    user = make_user("anna", password=PASSWORD, email="anna@amt.example")
    client.post(reverse("account_login"), {"login": "anna", "password": PASSWORD})
    return user


def up(settings) -> list[str]:
    """The server is back; return the subjects of what it gets."""
    settings.DELIVERING_EMAIL_BACKEND = LOCMEM
    Mail.objects.update(next_at=timezone.now())
    call_command("send_mails")
    return [message.subject for message in mail.outbox]


def test_second_factor_is_set_up_and_codes_are_shown(client, anna, down):
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    code = totp(secret)

    shown = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True)

    assert shown.status_code == 200
    assert len(set(re.findall(r"<code class=\"code\">(\d+)</code>", shown.content.decode()))) == 10
    assert Authenticator.objects.filter(user=anna).count() == 2
    assert Mail.objects.get().problem == "ConnectionRefusedError: no server"
    assert len(up(down)) == 1
    assert not Mail.objects.exists()


def test_password_is_changed(client, anna, down):
    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "Andere-Tasse-4", "password2": "Andere-Tasse-4"},
    )

    assert (response.status_code, response.url) == (302, reverse("mfa_index"))
    anna.refresh_from_db()
    assert anna.check_password("Andere-Tasse-4")
    (subject,) = up(down)
    assert mail.outbox[0].to == ["anna@amt.example"]


def test_forgotten_password_tells_nothing_of_who_is_known(client, anna, down):
    client.logout()
    answers, queued = [], []
    for address in ("anna@amt.example", "nobody@amt.example"):
        Mail.objects.all().delete()
        response = client.post(reverse("account_reset_password"), {"email": address})
        answers.append((response.status_code, response.url, sorted(response.headers)))
        # What is stored for the known one waits; the other has been looked up and is done.
        queued.append(Mail.objects.count())
    assert answers[0] == answers[1]
    assert queued == [1, 0]


def test_forgotten_password_asks_the_database_the_same_for_both(client, anna, settings):
    client.logout()
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    asked = []
    # The first request of a process also looks up what is remembered between requests.
    for address in ("first@amt.example", "anna@amt.example", "nobody@amt.example"):
        with CaptureQueriesContext(connection) as queries:
            client.post(reverse("account_reset_password"), {"email": address})
        # Cursors of PostgreSQL are numbered.
        asked.append([re.sub(r"\d+", "", query["sql"]).split()[:3] for query in queries])
    assert asked[1] == asked[2]


def test_text_is_not_readable_in_the_database(down):
    send_mail("Subject", "https://amt.example/link", None, ["anna@amt.example"])

    assert "link" not in Mail.objects.get().sealed
    assert up(down) == ["Subject"]
    assert mail.outbox[0].body == "https://amt.example/link"


def test_attempts_are_spaced_and_end(down):
    send_mail("Subject", "Text", None, ["anna@amt.example"])
    (waiting,) = Mail.objects.all()
    assert waiting.attempts == 1
    assert 50 < (waiting.next_at - timezone.now()).total_seconds() <= 60
    assert send_due() == 0
    assert Mail.objects.get().attempts == 1

    old = timezone.now() - GIVEN_UP_AFTER - timedelta(minutes=1)
    Mail.objects.update(made_at=old, next_at=timezone.now())
    send_due()
    (given_up,) = Mail.objects.all()
    assert (given_up.sealed, given_up.problem) == ("", "ConnectionRefusedError: no server")

    Mail.objects.update(made_at=old - KEPT_AFTER)
    send_due()
    assert not Mail.objects.exists()


class Killed(BaseException):
    """The worker is gone."""


class Deadly(locmem.EmailBackend):
    """Takes a message, and the worker dies before it notes so."""

    def send_messages(self, email_messages):
        super().send_messages(email_messages)
        raise Killed


@pytest.mark.parametrize(("never_twice", "arrive"), [(True, 1), (False, 2)])
def test_what_a_worker_died_of_goes_again_unless_it_is_rather_lost(
    down, monkeypatch, never_twice, arrive
):
    monkeypatch.setattr(mails, "_composed", {})
    monkeypatch.setattr(mails, "_never_twice", set())
    message = EmailMessage("Subject", "Text", None, ["anna@amt.example"])
    mails.register("test", lambda content: [message], never_twice=never_twice)
    # Refused before: that it was not taken then is known.
    mails.post("test", None)
    Mail.objects.update(next_at=timezone.now())
    down.DELIVERING_EMAIL_BACKEND = f"{__name__}.Deadly"
    with pytest.raises(Killed):
        send_due()
    assert Mail.objects.get().problem == ""
    up(down)
    assert len(mail.outbox) == arrive
    assert not Mail.objects.exists()


def test_server_that_says_nothing_holds_up_no_page(client, anna, down):
    """It is asked by workers alone: the page does not know it."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        down.DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        down.EMAIL_HOST, down.EMAIL_PORT = silent.getsockname()
        down.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
        client.logout()
        begun = time.monotonic()
        response = client.post(reverse("account_reset_password"), {"email": "anna@amt.example"})
        assert time.monotonic() - begun < 3
    assert response.status_code == 302
    assert Mail.objects.count() == 1
