"""Who is at work on a day, as who gets an overview by e-mail: by the calendars of contracts."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model

from contracts.at_work import at_work
from tests.factories import make_contract, make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

WEDNESDAY, CORPUS_CHRISTI = date(2026, 6, 3), date(2026, 6, 4)
SATURDAY, GOOD_FRIDAY = date(2026, 6, 6), date(2026, 4, 3)
CHRISTMAS_EVE = date(2026, 12, 24)


@pytest.fixture
def people():
    """A body contracts a provider in each of two states; one of them works on a Saturday."""
    west, north = make_organisation("west"), make_organisation("north")
    calendar = {"state": "NW", "christmas_eve_off": True, "working_days": [SATURDAY]}
    contract = make_contract(provider=west, calendar=calendar)
    make_contract(provider=north, calendar={"state": "NI"})
    ended = {"begins": date(2010, 1, 1), "first_ends": date(2020, 12, 31)}
    make_contract(provider=west, calendar={"state": "NI"}, term=ended)
    make_user("nowhere")
    for name, *places in (
        ("body", contract.commissioning_body),
        ("west", west),
        ("north", north),
        ("both", west, north),
        ("other", make_organisation("without-contract")),
    ):
        user = make_user(name)
        for place in places:
            make_member(place, user=user)
    left = make_member(north, user=get_user_model().objects.get(username="west"))
    left.active = False
    left.save()
    return ["body", "both", "north", "nowhere", "other", "west"]


@pytest.mark.parametrize(
    ("day", "away"),
    [
        (WEDNESDAY, []),
        (CORPUS_CHRISTI, ["west"]),
        (CHRISTMAS_EVE, ["west"]),
        (SATURDAY, ["north", "nowhere", "other"]),
        (GOOD_FRIDAY, ["body", "both", "north", "nowhere", "other", "west"]),
    ],
)
def test_who_works_somewhere_that_works(people, day, away):
    found = get_user_model().objects.filter(at_work(day), username__in=people)
    assert sorted(set(people) - set(found.values_list("username", flat=True))) == away


def test_as_many_questions_for_many_contracts(django_assert_num_queries):
    for _contract in range(3):
        make_contract()
    with django_assert_num_queries(5):
        list(get_user_model().objects.filter(at_work(WEDNESDAY)))
