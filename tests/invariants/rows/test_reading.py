"""Who opens a person's file is written down, whichever page shows it."""

import pytest

from base.immutability import AppendOnly
from base.models import Event
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import (
    OF_OBJECTS,
    allowed,
    people,
)

pytestmark = pytest.mark.django_db

LOGGED = [page for page in OF_OBJECTS if getattr(page.view.model, "reading_is_logged", False)]

OF_DRAFTS = ("filled-form-edit", "filled-form-save", "filled-form-submit", "filled-form-discard")
"""Open for drafts alone, of which those tried here may have none."""


@pytest.mark.once
def test_there_are_such_pages_and_their_log_cannot_be_changed():
    assert {page.view.model._meta.label for page in LOGGED} == {"forms.Case", "forms.FilledForm"}
    assert isinstance(Event.frozen, AppendOnly)


@pytest.mark.parametrize("page", LOGGED, ids=lambda page: page.name)
def test_opening_is_logged_and_a_refusal_is_not(page, world):
    opened = 0
    for role, user in people().items():
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
            opened += shown
    assert opened or page.name in OF_DRAFTS


def logged():
    """Openings, and files taken along: these have an event of their own."""
    return Event.objects.filter(kind__in=[Event.Kind.READ, Event.Kind.DOWNLOAD])
