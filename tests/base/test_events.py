"""Signing in and out, exports and changed second factors leave an event, and nothing more."""

import pytest
from allauth.mfa.signals import authenticator_added
from django.db import IntegrityError, transaction

from base.acting import acting_as
from base.models import Event
from base.trail.events import record
from base.workspace.exports import exported
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "Sehr-geheim-77"  # noqa: S105


@pytest.fixture
def clerk():
    return make_user("clerk", password=PASSWORD)


def events() -> list[tuple]:
    rows = Event.objects.order_by("pk")
    return [(row.kind, row.actor_number, row.object_label, row.object_number) for row in rows]


def sign_in(client, username, password=PASSWORD):
    return client.post("/accounts/login/", {"login": username, "password": password})


def test_signing_in_and_out(client, clerk):
    sign_in(client, "clerk")
    client.post("/accounts/logout/")
    assert events() == [("login", clerk.pk, "", None), ("logout", clerk.pk, "", None)]


def test_failed_sign_in_names_the_account(client, clerk):
    sign_in(client, "clerk", "wrong")
    assert events() == [("login_failed", None, "base.user", clerk.pk)]


def test_failed_sign_in_without_account_keeps_nothing_that_was_typed(client, clerk):
    sign_in(client, PASSWORD, "whatever")
    (event,) = Event.objects.all()
    assert event.kind == "login_failed"
    assert (event.object_number, event.title, event.detail) == (None, "", {})


def test_export_is_recorded_with_its_size_and_filters(clerk, rf):
    request = rf.get("/cases/", {"need_group": "2", "export": "xlsx"})
    request.user = clerk
    exported.send(None, request=request, title="Fälle", format="xlsx", rows=12)
    (event,) = Event.objects.all()
    assert (event.kind, event.actor_number, event.title) == ("export", clerk.pk, "Fälle")
    assert event.detail == {"format": "xlsx", "rows": 12, "filters": "need_group=2"}


def test_changed_second_factor(clerk):
    with acting_as(clerk):
        authenticator_added.send(None, request=None, user=clerk, authenticator=None)
    assert events() == [("second_factor", clerk.pk, "base.user", clerk.pk)]


def test_event_of_whoever_acts_is_about_an_object(clerk):
    with acting_as(clerk):
        record(Event.Kind.DOWNLOAD, title="x" * 400, about=clerk)
    (event,) = Event.objects.all()
    assert (event.actor_number, event.object_label) == (clerk.pk, "base.user")
    assert event.title == "x" * 300


def test_events_are_never_changed(clerk):
    event = record(Event.Kind.LOGIN, actor=clerk.pk)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(actor_number=None)
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        event.delete()


def test_everybody_sees_their_own(clerk):
    other = make_user()
    mine = record(Event.Kind.LOGIN, actor=clerk.pk)
    record(Event.Kind.LOGIN, actor=other.pk)
    assert list(Event.objects.visible_to(clerk)) == [mine]
