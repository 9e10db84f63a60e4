"""The trail: everything that happened, merged, newest first, by the reader's rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model

from base.editions import publish
from base.facts import change
from base.history import acting_as
from base.models import Event
from base.trail.entries import Cursor
from base.trail.reading import read, read_all
from base.trail.sources import Wanted
from cms.content.catalogue import CatalogueContent
from cms.models import Catalogue
from forms.models import ClientIdentity
from tests.factories import (
    catalogue_content,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_member,
    make_organisation,
    make_record,
    make_user,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2031, 5, 2, 10, tzinfo=UTC)  # later than anything the factories write


def person(role: str, organisation=None):
    """Return a user in this role, in the commissioning body unless told otherwise."""
    member = make_member(organisation or make_commissioning_body(), roles=[role])
    return get_user_model().objects.get(pk=member.user_id)


@pytest.fixture
def auditor(db):
    return person("auditor")


@pytest.fixture
def case(db):
    return make_case(make_contract("C-1"), "K-1")


def told(user, **wanted):
    return read(Wanted(user=user, **wanted)).entries


def test_change_of_a_record_is_told_with_old_and_new_value_and_reason(auditor, case):
    record = make_record(case, reference="R-1", minutes=60)
    clerk = make_user("clerk", first_name="Ada", last_name="Amt")
    with acting_as(clerk, at=NOON):
        change(record, reason="counted wrongly", minutes=90)

    entry = told(auditor)[0]

    assert (entry.kind, entry.title, entry.actor) == ("changed", "R-1 · K-1", "Ada Amt")
    assert [(c.what, c.old, c.new) for c in entry.changes] == [("Minuten", "60", "90")]
    assert (entry.reason, entry.at) == ("counted wrongly", NOON)
