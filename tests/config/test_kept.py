"""What a module keeps, no test of it can change for another."""

import pytest

from contracts.models import Organisation
from tests.factories import make_member, make_organisation
from tests.kept import kept


@kept
def organisation():
    return make_organisation("kept")


@kept
def member(kept_organisation):
    return make_member(kept_organisation)


@pytest.mark.parametrize("_turn", ["first", "second"])
def test_each_test_finds_it_as_it_was_made(_turn, organisation, member):
    stored = Organisation.objects.get(key="kept")
    assert (stored.name, organisation.name, member.organisation.name) == ("Kept",) * 3
    assert (organisation, member.organisation) == (stored, stored)
    organisation.name = member.organisation.name = "Changed"
    organisation.save()
