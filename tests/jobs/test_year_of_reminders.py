"""Whatever happens over a year: who is told by e-mail of what waits, on which days, how often.

Days pass with acts in between, a mail server that is down, and workers that are killed while they
queue or send. What goes out, and what each e-mail says, is what a model in plain Python says waits
at that moment (`tests.jobs.known_work`).
"""

from datetime import date
from random import Random

import pytest
import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from base.workspace.registry import Registry
from contracts.models import TeamMembership
from tests import factories
from tests.jobs.known_work import ONE_DAY
from tests.jobs.passing_days import KINDS, MOST, Server, Town, Year

pytestmark = [pytest.mark.django_db, pytest.mark.once]

STRETCHES = (
    (date(2026, 3, 25), 15),  # the hour that does not exist on the 29th; Easter
    (date(2026, 5, 11), 17),  # Ascension Day and Whit Monday
    (date(2026, 6, 1), 10),  # Corpus Christi, in some states only
    (date(2026, 10, 19), 14),  # the hour that exists twice on the 25th
    (date(2026, 12, 16), 21),  # Christmas and New Year
)
TALK = {
    "key": "talk", "label": "Talk", "event": "assignment", "starts": "assignment", "days": 5,
    "fulfilled_by": "first_talk", "lead_after": 2,
}  # fmt: skip
FEEDBACK = {
    "key": "feedback", "label": "Feedback", "event": "assignment", "starts": "assignment",
    "working_days": 9, "fulfilled_by": "form", "fulfilled_form": "feedback", "lead_after": 4,
}  # fmt: skip
ANSWER = {
    "key": "answer", "label": "Answer", "event": "feedback", "starts": "form",
    "starts_form": "feedback", "working_days": 2, "side": "body", "lead_after": 1,
}  # fmt: skip


@pytest.fixture
def town(settings, monkeypatch):
    settings.EMAIL_BACKEND = "base.accounts.mails.Queue"
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    settings.DELIVERING_EMAIL_BACKEND = f"{Server.__module__}.Server"
    kept = Registry()
    kept.add(*KINDS)
    monkeypatch.setattr("base.workspace.worklist.registry", kept)
    definition = factories.make_definition("feedback")
    annexes = [factories.description_annex(factories.make_description(TALK, FEEDBACK, ANSWER))]
    contract = factories.make_contract(annexes=annexes, calendar={"state": "NW"})
    body, provider = contract.commissioning_body, contract.provider
    teams = {"body": factories.make_team(body), "provider": factories.make_team(provider)}
    people = {}
    for name, place, role in (
        ("anna", body, "caseworker"),
        ("ben", body, "caseworker"),
        ("lea", body, "team_lead"),
        ("carl", provider, "counsellor"),
    ):
        user = factories.make_user(name, email=f"{name}@amt.example")
        people[name] = factories.make_member(place, roles=[role], user=user)
    TeamMembership.objects.create(team=teams["body"], member=people["lea"])
    return Town(people, teams, contract, definition)


NAMES = ("anna", "ben", "lea", "carl")
OWNERS = ("anna", "ben")
KEYS = ("talk", "feedback", "answer")
WISHES = ("daily", "daily", "due", "weekly", "never")
ACTS = {
    "assign": (OWNERS,),
    "hand_over": (range(MOST), OWNERS),
    "record": (range(MOST),),
    "write": (range(MOST),),
    "hand_in": (range(MOST),),
    "extend": (range(MOST), KEYS, range(12)),
    "finish": (range(MOST),),
    "drop": (range(MOST), KEYS),
    "reopen": (range(MOST), KEYS),
    "put_off": (NAMES, range(12), range(1, 9)),
    "leave": (OWNERS, range(4), range(8)),
    "come_back": (),
    "wish": (NAMES, WISHES),
    "wish_while_away": (OWNERS, (True, False)),
    "server_is_down": (range(1, 5),),
    "kill_sending": (("before", "after"),),
    "kill_queueing": (range(1, 5),),
}
"""What may be done, with what each may be done to."""
BEGINNING = [("assign", "anna"), ("assign", "ben"), ("write", 0), ("assign", "anna")]


def an_act():
    return st.one_of(
        st.tuples(st.just(name), *map(st.sampled_from, values)) for name, values in ACTS.items()
    )


def days_of(first: date, length: int) -> list[date]:
    return [first + number * ONE_DAY for number in range(length)]


def walk(town: Town, days: dict[date, list[tuple]]) -> Year:
    """Let days pass with what is done on each; return what they led to."""
    acts = [*days.values()]
    acts[0] = [*BEGINNING, *acts[0]]
    with time_machine.travel(min(days), tick=False) as now, transaction.atomic():
        year = Year(town, now)
        for day, done in zip(days, acts, strict=True):
            year.pass_day(day, done)
        transaction.set_rollback(True)
    return year


def test_nobody_is_told_of_what_is_done(town):
    @settings(max_examples=max(settings.default.max_examples // 20, 5))
    @given(st.data())
    def whatever_happens(data):
        stretch = data.draw(st.sampled_from(STRETCHES))
        acts = st.lists(an_act(), max_size=4)
        walk(town, {day: data.draw(acts) for day in days_of(*stretch)})

    whatever_happens()


USUAL = 100
NEW_YEAR = (date(2026, 1, 1), 16)
SELDOM = {
    # On a Tuesday, after today's was queued, who was told on Monday wants it once a week.
    date(2026, 1, 6): [("record", 1), ("wish", "carl", "weekly")],
    # Nobody hears of anything on a Monday: who wants it once a week does so on Tuesday.
    date(2026, 1, 12): [("server_is_down", 1)],
    # After today's was queued, somebody does not want it any more.
    date(2026, 1, 14): [("write", 1), ("wish", "anna", "never")],
    # After today's was queued, somebody is away, and then wants to be told all the same.
    date(2026, 1, 8): [("assign", "anna"), ("leave", "anna", 0, 5)],
    date(2026, 1, 13): [("wish_while_away", "anna", True), ("assign", "anna")],
    date(2026, 1, 15): [("wish", "carl", "daily"), ("wish", "anna", "daily")],
}
"""What chance seldom brings about."""


def test_a_year(town):
    """Acts by chance, but the same each time.

    Quiet weeks are left out, unless examples are looked for longer.
    """
    chance = Random(2026)
    some = [day for stretch in (NEW_YEAR, *STRETCHES) for day in days_of(*stretch)]
    every = days_of(min(some), (max(some) - min(some)).days + 1)
    days = {
        day: [
            (name, *map(chance.choice, ACTS[name]))
            for name in chance.choices(list(ACTS), k=chance.randrange(4))
        ]
        for day in (every if settings.default.max_examples > USUAL else some)
    }
    days |= {day: SELDOM.get(day, []) for day in days_of(*NEW_YEAR)}
    year = walk(town, days)
    assert {name for name, _day in year.told} == set(NAMES)
    assert len({day for _name, day in year.told}) > len(some) / 3
