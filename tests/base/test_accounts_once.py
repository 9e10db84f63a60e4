"""Forms about accounts, sent twice and twenty times at once: one password, one app, one mail.

Addresses are walked: a form of allauth's that is mounted later fails here until it can be sent.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.signals import authenticator_added
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import BadRequest
from django.db import connections
from django.dispatch import receiver
from django.test import Client
from django.urls import resolve, reverse
from lxml import html

from base.accounts.access import password_link
from base.accounts.middleware import SecondFactor
from base.accounts.once import OF_THIS_BROWSER, OnceOfAccount
from base.accounts.urls import urlpatterns
from base.accounts.views import bad_request
from base.models import Event, Mail, SentForm, User
from base.once import REFERENCE, fingerprint
from tests.base.test_accounts import NEW_PASSWORD, PASSWORD, log_in, totp
from tests.factories import make_user

pytestmark = pytest.mark.django_db

AT_ONCE = 20
LOGS = ("base.SentForm", "sessions.Session")
"""What tells of requests, and not of what they do."""

FORMS = [pattern.name for pattern in urlpatterns if hasattr(pattern.callback.view_class, "post")]
TYPED = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "oldpassword": PASSWORD}


@dataclass
class Open:
    """A form that a browser shows, and what its person has typed."""

    browser: Client
    url: str
    values: dict[str, str]

    def send(self, browser: Client | None = None):
        return (browser or self.browser).post(self.url, self.values)

    def beside(self) -> Client:
        """Another request of the same browser at the same moment."""
        client = Client(raise_request_exception=False)
        client.cookies = self.browser.cookies.copy()
        return client


@pytest.fixture(autouse=True)
def _real_mails(settings):
    settings.EMAIL_BACKEND = "base.accounts.mails.Queue"
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def anna() -> User:
    return make_user("anna", password=PASSWORD, email="anna@amt.example")


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    log_in(client)
    assert client.session["_auth_user_id"] == str(user.pk)
    return client


def with_app(user: User) -> Client:
    client = signed_in(user)
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": time.time()}
    ]
    session.save()
    return client


def without_password(user: User) -> Client:
    user.set_unusable_password()
    user.save()
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def following_link(user: User) -> tuple[Client, str]:
    client = Client(raise_request_exception=False)
    shown = client.get(urlsplit(password_link(user)).path)
    return client, shown.url


BROWSERS: dict[str, Callable[[User], Client | tuple[Client, str]]] = {
    "account_change_password": signed_in,
    "account_set_password": without_password,
    "account_reset_password": lambda _user: Client(raise_request_exception=False),
    "account_reset_password_from_key": following_link,
    "mfa_activate_totp": signed_in,
    "mfa_deactivate_totp": with_app,
    "mfa_generate_recovery_codes": with_app,
}
"""Who sees these forms, and where if an address does not say it all."""


def opened(name: str) -> Open:
    found = BROWSERS[name](anna())
    browser, url = found if isinstance(found, tuple) else (found, reverse(name))
    return shown(browser, url)


def shown(browser: Client, url: str) -> Open:
    page = browser.get(url)
    assert page.status_code == 200, url
    (form,) = (
        form
        for form in html.fromstring(page.content.decode()).forms
        if form.method == "POST" and REFERENCE in form.fields
    )
    assert form.fields[REFERENCE]
    values = {name: value or TYPED.get(name, "") for name, value in form.fields.items()}
    if "email" in values:
        values["email"] = "anna@amt.example"
    if "code" in values:
        values["code"] = totp(page.context["form"].secret)
    return Open(browser, url, values)


def rows() -> dict[str, int]:
    models = apps.get_models(include_auto_created=True)
    return {
        model._meta.label: model._base_manager.count()
        for model in models
        if model._meta.managed and model._meta.label not in LOGS
    }


def at_once(forms: list[Open]) -> list:
    """Send all of these at the same moment."""
    barrier, answers = threading.Barrier(len(forms)), []

    def send(form: Open, browser: Client):
        barrier.wait()
        try:
            answers.append(form.send(browser))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(form, form.beside())) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.once
def test_every_form_is_carried_out_once_or_concerns_one_browser():
    views = {pattern.name: pattern.callback.view_class for pattern in urlpatterns}
    once = {name for name in FORMS if issubclass(views[name], OnceOfAccount)}
    assert once | OF_THIS_BROWSER.keys() == set(FORMS)
    assert once == BROWSERS.keys()


@pytest.mark.django_db(transaction=True)  # some mails are written after the commit
@pytest.mark.parametrize("name", BROWSERS)
def test_form_sent_twice_is_carried_out_once(name):
    form = opened(name)
    before = rows()

    first = form.send()

    assert first.status_code == 302
    made = rows()
    assert made["base.Mail"] == before["base.Mail"] + 1
    codes = list(Authenticator.objects.order_by("pk").values_list("type", "data"))
    for _again in range(3):
        second = form.send()
        assert second.status_code in (200, 302)  # who followed a link has used it up
        if second.status_code == 302:
            assert second.url == first.url
    assert rows() == made
    assert list(Authenticator.objects.order_by("pk").values_list("type", "data")) == codes


def test_refused_form_may_be_sent_again_and_its_attempt_counts():
    form = opened("account_change_password")
    form.values["oldpassword"] = "wrong"
    for _attempt in range(5):
        assert form.send().status_code == 200
    assert not SentForm.objects.exists()
    assert form.send().status_code == 429
    assert Mail.objects.count() == 0


def test_other_values_under_one_reference_are_not_told_to_be_saved():
    form = opened("account_reset_password")
    form.send()
    form.values["email"] = "ben@amt.example"
    answer = form.send()
    assert (answer.status_code, answer.url) == (302, form.url)
    assert Mail.objects.count() == 1
    assert "mit anderen Angaben" in form.browser.get(form.url).content.decode()


@pytest.mark.once
def test_what_a_form_said_cannot_be_tried_out_without_the_key(settings, rf):
    """A password is among it."""
    request = rf.post("/", {"oldpassword": PASSWORD})
    stored = fingerprint(request)
    assert fingerprint(request) == stored
    settings.SECRET_KEY = "another" * 10
    assert fingerprint(request) != stored


@pytest.mark.parametrize(
    ("refused", "status"), [(SessionInterrupted(), 302), (BadRequest("not whole"), 400)]
)
def test_whose_session_ended_meanwhile_is_led_to_sign_in(refused, status, rf):
    answer = bad_request(rf.post("/"), refused)
    assert answer.status_code == status
    assert answer.get("Location") == (reverse("account_login") if status == 302 else None)


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BROWSERS)
def test_form_sent_twenty_times_at_once_is_carried_out_once(name):
    form = opened(name)
    mails, events = Mail.objects.count(), Event.objects.count()

    answers = at_once([form] * AT_ONCE)

    # A new password ends the session of requests that come a moment later.
    assert {answer.status_code for answer in answers} <= {200, 302}
    assert Mail.objects.count() == mails + 1
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert len(kinds) <= events + 2, kinds  # recovery codes are made with an app
    assert "logout" not in kinds
    assert len(Authenticator.objects.values_list("type")) in (0, 2)


@pytest.mark.many_connections
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["account_change_password", "mfa_activate_totp"])
def test_two_pages_of_one_form_sent_at_once_do_it_once(name):
    form = opened(name)
    other = Open(form.browser, form.url, form.values | {REFERENCE: "of another page"})
    mails = Mail.objects.count()

    answers = at_once([form, other] * 3)

    assert {answer.status_code for answer in answers} <= {200, 302}
    assert Mail.objects.count() == mails + 1


@pytest.mark.django_db(transaction=True)  # the signal is sent after the commit
def test_whoever_sees_the_app_sees_that_the_session_has_given_its_code():
    form = opened("mfa_activate_totp")
    stored = []

    @receiver(authenticator_added, weak=False, dispatch_uid="seen")
    def _seen(request, **kwargs):
        store = SessionStore(request.session.session_key)
        stored.extend(record["method"] for record in store["account_authentication_methods"])

    try:
        assert form.send().status_code == 302
    finally:
        authenticator_added.disconnect(dispatch_uid="seen")
    assert "mfa" in stored


def test_request_that_read_its_session_before_the_app_was_set_up_is_not_signed_out(rf):
    form = opened("mfa_activate_totp")
    request = rf.get("/")
    request.session = SessionStore(form.browser.session.session_key)
    request.user = get_user(request)
    request.resolver_match = resolve(reverse("mfa_index"))
    assert form.send().status_code == 302

    answer = SecondFactor(lambda _request: None).process_view(request, None, (), {})

    assert answer is None
    assert form.browser.get(reverse("mfa_index")).status_code == 200
    assert not Event.objects.filter(kind=Event.Kind.LOGOUT).exists()
