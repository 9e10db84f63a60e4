"""Who opens a person's file is written down, whichever page shows it; and why, if not theirs."""

from collections import Counter

import pytest
from django.apps import apps
from django.test import Client
from django.urls import resolve, reverse

from base.immutability import AppendOnly
from base.models import Event
from base.workspace.file_openings import Why, kept
from contracts.models import Evidence, Member
from contracts.roles import Role
from forms.models import Case, ClientContact, ClientIdentity, FilledForm, FormAnswer
from tests.asked import asks_why
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import (
    OF_ANYTHING,
    OF_OBJECTS,
    allowed,
    one_of_each_role,
    people,
)

pytestmark = pytest.mark.django_db
# Openings are stored and found on both databases below; who is asked for a reason is Python's.
by_python = pytest.mark.once

ABOUT_PEOPLE = [model for model in apps.get_models() if getattr(model, "opening_is_logged", False)]
LOGGED = [page for page in OF_OBJECTS if getattr(page.view.model, "opening_is_logged", False)]
ASKING = ("case-why",)
"""Shows the number alone, to whoever is asked: no reading."""

OF_DRAFTS = ("filled-form-edit", "filled-form-save", "filled-form-submit", "filled-form-discard")
"""Open for drafts alone, of which those tried here may have none."""

NEVER_RESPONSIBLE = (Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.DIRECTOR)


MOST_TRIED = 4


def unasked(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.once
def test_there_are_such_pages_and_their_log_cannot_be_changed():
    assert {page.view.model for page in LOGGED} == {Case, FilledForm, Evidence}
    assert set(ABOUT_PEOPLE) == {
        Case, FilledForm, Evidence, ClientContact, ClientIdentity, FormAnswer,
    }  # fmt: skip
    assert isinstance(Event.frozen, AppendOnly)
    for model in ABOUT_PEOPLE:
        assert resolve(reverse(kept(model).page, args=[1]))


@pytest.mark.parametrize("page", LOGGED, ids=lambda page: page.name)
def test_opening_is_logged_and_a_refusal_is_not(page, world):
    if page.name in ASKING:
        return assert_nothing_is_logged(page)
    if not assert_openings_are_logged(page, one_of_each_role()) and page.name not in OF_DRAFTS:
        # What it shows may be had in few organisations only.
        assert assert_openings_are_logged(page, people(everywhere=True))


def assert_openings_are_logged(page, persons: dict[str, object]) -> int:
    """Try the page as each of these people; return how often it was shown."""
    opened = 0
    for role, user in persons.items():
        rows = page.view.model._default_manager
        own = rows.visible_to(user).order_by("pk").values_list("pk", flat=True)
        foreign = rows.exclude(pk__in=own.order_by()).values_list("pk", flat=True)
        client = signed_in(user)
        for pk in [*own[:2], *foreign[:1]]:
            before = logged().count()
            response = client.get(page.url(pk))
            entries = logged().order_by("pk")[before:]
            told = [(e.actor_number, e.object_label, e.object_number) for e in entries]
            shown = response.status_code == 200 and allowed(page, user)
            expected = [(user.pk, page.view.model._meta.label_lower, pk)] if shown else []
            assert told == expected, role
            if shown:
                named = page.view.model.objects.get(pk=pk)
                assert entries[0].title == str(named)
            if shown and role.split()[0] in NEVER_RESPONSIBLE:
                assert entries[0].detail == {"why": Why.AUDIT, "reason": ""}
            opened += shown
    return opened


def assert_nothing_is_logged(page):
    for user in people().values():
        for case in Case.objects.visible_to(user).order_by("pk")[:1]:
            before = logged().count()
            unasked(user).get(page.url(case.pk))
            assert logged().count() == before


def never_responsible() -> list[Member]:
    """Those who steer, pay or audit, and do nothing else anywhere."""
    members = Member.objects.select_related("user").order_by("pk")
    places = Counter(member.user_id for member in members)
    return [m for m in members if places[m.user_id] == 1 and set(m.roles) <= {*NEVER_RESPONSIBLE}]


@by_python
@pytest.mark.parametrize("page", LOGGED, ids=lambda page: page.name)
def test_nobody_opens_what_is_not_theirs_without_a_reason(page, world):
    """By whatever page and method."""
    if page.name in ASKING:
        return
    served = [member.user for member in never_responsible() if allowed(page, member.user)]
    asked = 0
    for user in served:
        client = unasked(user)
        rows = page.view.model._default_manager.visible_to(user).order_by("pk")
        for pk in rows.values_list("pk", flat=True)[:2]:
            for answer in (client.get(page.url(pk)), client.post(page.url(pk))):
                assert asks_why(answer) or answer.status_code in (404, 405), user
                asked += asks_why(answer)
    assert asked or not served


@by_python
@pytest.mark.parametrize("model", ABOUT_PEOPLE, ids=lambda model: model.__name__)
@pytest.mark.parametrize("page", OF_ANYTHING, ids=lambda page: page.name)
def test_histories_are_no_way_round(page, model, world):
    """The history of a row says what the row says."""
    asked = 0
    for role, user in people().items():
        if role.split()[0] not in (*NEVER_RESPONSIBLE, Role.COUNSELLOR):
            continue
        client, seen = unasked(user), model.objects.visible_to(user).order_by("pk")
        for pk in seen.values_list("pk", flat=True)[:MOST_TRIED]:
            answer = client.get(page.url(model._meta.label, pk))
            asked += asks_why(answer)
            if role.split()[0] in NEVER_RESPONSIBLE:
                assert asks_why(answer) or answer.status_code in (403, 404), role
    assert asked


def logged():
    """Openings, and files taken along: these have an event of their own."""
    return Event.objects.filter(kind__in=[Event.Kind.READ, Event.Kind.DOWNLOAD])
