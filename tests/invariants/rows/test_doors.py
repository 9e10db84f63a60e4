"""Every address, the studio's and Wagtail's included: none begins a session beside the login.

Addresses are walked, not listed: whatever is mounted later is tried as well.
"""

from collections.abc import Iterator
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from base.accounts.middleware import OPEN_TO_EVERY_SESSION, THE_SAME_FOR_ALL
from base.accounts.secrets import encrypted
from base.api.door import PATH as API
from cms.views.public import KINDS
from contracts.actions.assign_roles import assign_roles
from tests.factories import make_commissioning_body, make_member, make_user

# Who sees and who may is found in Python, whatever the database.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PASSWORD = "Gelbe-Tasse-42"
CREDENTIALS = {
    name: value
    for value, names in {
        "door": ("username", "login", "user", "name"),
        "door@amt.example": ("email",),
        PASSWORD: ("password", "password1", "password2", "oldpassword", "new_password1"),
    }.items()
    for name in names
}
"""What a form that signs in may ask for."""

TRIED = {
    "int": 1,
    "str": "a",
    "slug": "a",
    "path": "a",
    "uuid": UUID(int=1),
    "date": "2024-01-01",
    "kindofoffer": next(iter(KINDS)),
    None: "1",
}
BY_HAND = {
    "test404/": "/studio/test404/",
    "^.*/$": "/studio/is/not/there/",
    "wagtail_serve": "/some/page/",
}
"""Wagtail's own addresses that have no name, or that nothing below fits, and how to get there."""


def addresses(found=None, namespaces=()) -> Iterator[tuple[str, URLPattern]]:
    """All named addresses, each with the name by which it is reversed."""
    for pattern in get_resolver().url_patterns if found is None else found:
        if not isinstance(pattern, URLPattern):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield ":".join([*namespaces, pattern.name or ""]), pattern


def filled(name: str, pattern: URLPattern) -> str | None:
    """An address with something in the place of its arguments; None where nothing simple fits."""
    converters = pattern.pattern.converters
    named = {key: TRIED.get(_kind(converter), "a") for key, converter in converters.items()}
    regex = getattr(pattern.pattern, "regex", None)
    if not named and regex is not None and regex.groupindex:
        named = dict.fromkeys(regex.groupindex, "1")
    for given in ({"kwargs": named}, {"args": ("1",) * (regex.groups if regex else 0)}):
        try:
            return reverse(name, **given)
        except NoReverseMatch:
            continue
    return None


def _kind(converter) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")


def walked() -> dict[str, str]:
    """The addresses that can be tried, by their names."""
    found = {name: filled(name, pattern) for name, pattern in addresses() if pattern.name}
    return BY_HAND | {name: url for name, url in found.items() if url is not None}


WALKED = walked()


def test_each_address_is_tried():
    """A nameless one, or one whose arguments nothing here fits, would be passed over."""
    found = list(addresses())
    keys = {name if pattern.name else str(pattern.pattern) for name, pattern in found}
    assert keys - set(WALKED) == set()
    assert len(WALKED) > 300


@pytest.fixture
def guarded():
    """Somebody who may enter the studio, with a password and a second factor."""
    user = make_user("door", password=PASSWORD, email="door@amt.example")
    roles = ["manager", "administrator", "finance", "auditor"]
    assign_roles(make_member(make_commissioning_body(), roles=roles, user=user))
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypted("ABC")}
    )
    return user


def signs_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_no_address_signs_in_by_password_alone(guarded):
    begun = []
    for name, url in WALKED.items():
        client = Client(raise_request_exception=False)
        client.post(url, CREDENTIALS)
        if signs_in(client):
            begun.append(name)
    assert begun == []


def test_login_is_the_only_door_of_who_has_no_second_factor(guarded):
    Authenticator.objects.all().delete()
    begun = []
    for name, url in WALKED.items():
        client = Client(raise_request_exception=False)
        client.post(url, CREDENTIALS)
        if signs_in(client):
            begun.append(name)
    assert begun == ["account_login"]


@pytest.mark.parametrize("required", [True, False], ids=["required", "by choice"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_answers_a_session_that_has_not_passed(guarded, method, required, settings):
    """However it began: it ends, and the answer is the way to the login."""
    settings.SECOND_FACTOR_REQUIRED = required
    answered = []
    for name, url in WALKED.items():
        if name in OPEN_TO_EVERY_SESSION:
            continue
        client = Client(raise_request_exception=False)
        client.force_login(guarded)
        response = getattr(client, method)(url)
        if url.startswith(API):
            # No session counts there: whoever has begun one is a stranger as before.
            stranger = getattr(Client(), method)(url)
            assert response.status_code == stranger.status_code, name
            assert response.content == stranger.content, name
            continue
        led = response.status_code == 302 and response.url.startswith(reverse("account_login"))
        if not led or signs_in(client):
            answered.append((name, response.status_code))
    assert answered == []


def test_nothing_shown_to_a_person_is_stored_by_browsers(guarded):
    """Pages, parts of pages, files, refusals: whatever a session is answered.

    The content API answers no session.
    """
    Authenticator.objects.all().delete()
    stored = []
    for name, url in WALKED.items():
        if name in THE_SAME_FOR_ALL or name == "account_logout" or url.startswith(API):
            continue
        client = Client(raise_request_exception=False)
        client.force_login(guarded)
        response = client.get(url)
        if response.status_code < 500 and "no-store" not in response.get("Cache-Control", ""):
            stored.append((name, response.status_code))
    assert stored == []
