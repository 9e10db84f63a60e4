"""Planned against used: units by module, hours by month of the support plan; with worked values."""

from datetime import date
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.facts import withdraw
from cms.content.catalogue import CatalogueContent
from forms.actions.open_case import place_case
from forms.plan_months import plan_months
from forms.usage import OUTSIDE, WorkDone, usage, usage_of
from tests.factories import (
    BEGINS,
    HOURLY,
    amend,
    annex,
    catalogue_content,
    make_case,
    make_catalogue,
    make_contract,
    make_plan,
    make_record,
    make_session,
    place,
    somebody,
)

DAY = date(2024, 6, 30)

UNITS = [
    {"key": "hour", "label": "Hour", "short": "h", "minutes": 60},
    {"key": "session", "label": "Group", "short": "G", "minutes": 90, "setting": "group"},
]


def module(key: str, *quantities, extras=()) -> dict:
    return {
        "key": key,
        "code": key[1:],
        "title": f"Module {key}",
        "quantities": [
            {"unit": unit, "minimum": least, "maximum": most} for unit, least, most in quantities
        ],
        "extras": list(extras),
    }


FIRST_TIME = {
    "unit": "hour", "quantity": "3", "condition": "first-time", "label": "First-time participants"
}  # fmt: skip

# The addiction service's need group 2 (A4, C1): 7 + 10 + 5 hours and 13 group sessions.
ADDICTION = CatalogueContent.model_validate(
    {
        "title": "Addiction",
        "units": UNITS,
        "modules": [
            module("m1", ("hour", "7", "7")),
            module("m2", ("hour", "10", "10")),
            module("m3", ("hour", "5", "5"), ("session", "13", "13")),
            module("m4", ("hour", "14", "14"), extras=[FIRST_TIME]),
            module("m5", ("hour", "14", "14"), extras=[FIRST_TIME]),
            module("m9", ("hour", "2", "6"), ("session", "3", "3")),
        ],
        "need_groups": [
            {
                "key": "hbg-2",
                "code": "2",
                "title": "Two",
                "combinations": [{"key": "regular", "entries": [{"modules": ["m1", "m2", "m3"]}]}],
            },
            {
                "key": "hbg-3",
                "code": "3",
                "title": "Three",
                "combinations": [
                    {
                        "key": "regular",
                        "entries": [
                            {"modules": ["m1"]},
                            {"requirement": "one_of", "modules": ["m4", "m5"]},
                        ],
                    }
                ],
            },
        ],
        "add_ons": [{"module": "m9", "need_groups": ["hbg-2"]}],
    }
)


class Placed:
    """A placement, without a database."""

    def __init__(self, need_group, *, choices=(), conditions=(), add_ons=()):
        self.need_group, self.combination = need_group, "regular"
        self.choices, self.conditions, self.add_ons = choices, conditions, add_ons


def test_need_group_2_half_way():
    work = {"m2": WorkDone(minutes=390), "m3": WorkDone(minutes=20, attendances=4)}
    found = usage(ADDICTION, Placed("hbg-2"), work)
    (m2,) = found.module("m2").amounts
    assert (m2.guide, m2.used, m2.rest, m2.percent) == (10, Fraction(13, 2), Fraction(7, 2), 65)
    hours, groups = found.module("m3").amounts
    assert (hours.used, hours.guide) == (Fraction(1, 3), 5)
    assert (groups.used, groups.guide, groups.rest, groups.percent) == (4, 13, 9, 30)
    # 22 hours and 13 sessions of 90 minutes: 41.5 (C1); used: 6.5 + 1/3 + 4 x 1.5.
    assert found.planned_hours == Fraction(83, 2)
    assert found.used_hours == Fraction(77, 6)
    assert found.percent == 30
    assert found.warnings == ()


LEVELS = {
    "nothing yet": (0, "free", 0),
    "a minute short of near": (479, "free", 79),
    "near": (480, "near", 80),
    "a minute left": (599, "near", 99),
    "exactly": (600, "reached", 100),
    "a minute over": (601, "exceeded", 100),
    "half as much again": (900, "exceeded", 150),
}


@pytest.mark.parametrize("name", LEVELS)
def test_it_warns_at_a_hundred_percent(name):
    minutes, level, percent = LEVELS[name]
    found = usage(ADDICTION, Placed("hbg-2"), {"m2": WorkDone(minutes)})
    m2 = found.module("m2")
    assert (m2.level, m2.amounts[0].percent) == (level, percent)
    assert m2.warns == (percent >= 100)
    assert [each.key for each in found.warnings] == (["m2"] if percent >= 100 else [])


def test_what_was_exceeded_by_how_much():
    (m2,) = usage(ADDICTION, Placed("hbg-2"), {"m2": WorkDone(690)}).module("m2").amounts
    assert (m2.over, m2.rest) == (Fraction(3, 2), 0)


def test_a_condition_adds_its_hours():
    plain = usage(ADDICTION, Placed("hbg-3", choices=["m4"]), {})
    first = usage(ADDICTION, Placed("hbg-3", choices=["m4"], conditions=["first-time"]), {})
    assert [each.key for each in plain.modules] == ["m1", "m4"]
    assert plain.module("m4").amounts[0].guide == 14
    assert first.module("m4").amounts[0].guide == 17
    assert (plain.planned_hours, first.planned_hours) == (21, 24)


def test_undecided_alternatives_are_shown_and_count_once():
    found = usage(ADDICTION, Placed("hbg-3"), {})
    assert [(each.key, each.is_open) for each in found.modules] == [
        ("m1", False), ("m4", True), ("m5", True)
    ]  # fmt: skip
    assert found.planned_hours == 21


def test_of_a_range_the_greatest_is_the_guide():
    found = usage(ADDICTION, Placed("hbg-2", add_ons=["m9"]), {"m9": WorkDone(120, 3)})
    hours, groups = found.module("m9").amounts
    assert (hours.least, hours.guide, hours.percent, hours.is_range) == (2, 6, 33, True)
    assert (groups.percent, groups.level, groups.is_range) == (100, "reached", False)
    assert found.module("m9").level == "reached"


def test_work_outside_the_plan_is_shown_last():
    found = usage(ADDICTION, Placed("hbg-2"), {"m5": WorkDone(45), "m1": WorkDone(60)})
    m5 = found.modules[-1]
    assert (m5.key, m5.requirement, m5.title) == ("m5", OUTSIDE, "Module m5")
    (amount,) = m5.amounts
    # What nothing is planned for has no guide value to reach, and counts beside the plan.
    assert found.warnings == () and (found.used_hours, found.other_hours) == (1, Fraction(3, 4))
    assert (amount.used, amount.guide, amount.percent, amount.level) == (
        Fraction(3, 4), 0, None, "free"
    )  # fmt: skip


def test_a_group_in_a_module_without_planned_sessions():
    found = usage(ADDICTION, Placed("hbg-2"), {"m2": WorkDone(60, 2)})
    hours, groups = found.module("m2").amounts
    assert (hours.used, groups.used, groups.guide, groups.unit.key) == (1, 2, 0, "session")


def test_a_planned_module_without_a_quantity_is_never_exceeded():
    """The debt counselling's modules name no effort (A1-52 to 54)."""
    plain = ADDICTION.model_dump(mode="json")
    plain["modules"][1] = module("m2")
    catalogue = CatalogueContent.model_validate(plain)
    found = usage(catalogue, Placed("hbg-2"), {"m1": WorkDone(420), "m2": WorkDone(465)})
    assert (found.module("m2").level, found.module("m2").requirement) == ("free", "required")
    assert [each.key for each in found.warnings] == ["m1"]
    # 7 + 5 hours and 13 sessions of 90 minutes are planned, 7 hours of them used: 7 of 31.5.
    assert (found.planned_hours, found.percent, found.other_hours) == (
        Fraction(63, 2), 22, Fraction(31, 4)
    )  # fmt: skip


def test_without_a_placement_nothing_is_planned():
    found = usage(None, None, {"m2": WorkDone(90, 1)})
    assert found.planned_hours == 0 and found.percent is None
    # One and a half hours alone, and a session of ninety minutes.
    assert (found.used_hours, found.other_hours) == (0, 3)
    assert found.modules[0].title == "m2"


# From the database.

pytest_db = pytest.mark.django_db


@pytest_db
def test_records_are_counted_exactly_as_long_as_they_count():
    catalogue = make_catalogue(content=ADDICTION)
    contract = make_contract(catalogues=(catalogue,))
    case, other = (make_case(contract, catalogue=catalogue, need_group="hbg-2") for _ in "ab")
    for minutes in (60, 75, 255):
        make_record(case, module="m2", minutes=minutes)
    withdraw(make_record(case, module="m2", minutes=600), reason="entered twice")
    make_record(case, minutes=30)
    make_session([case, other], module="m3", counsellors=2)
    make_session([case], module="m3", minutes=45)
    found = usage_of([case.pk, other.pk], DAY)
    (m2,) = found[case.pk].module("m2").amounts
    assert (m2.used, m2.percent) == (Fraction(13, 2), 65)
    assert found[case.pk].module("m3").amounts[1].used == 2
    assert found[other.pk].module("m3").amounts[1].used == 1
    assert found[other.pk].used_hours == Fraction(3, 2)


@pytest_db
def test_a_stable_key_carries_use_over_to_a_later_edition():
    """Scenario E1: M2 grows from 10 to 12 hours; what was used stays used (D17)."""
    first = make_catalogue("addiction", content=ADDICTION)
    grown = ADDICTION.model_dump(mode="json")
    grown["modules"][1] = module("m2", ("hour", "12", "12"))
    later = make_catalogue(
        "addiction",
        content=CatalogueContent.model_validate(grown),
        applies_from=date(2025, 1, 1),
    )
    contract = make_contract(catalogues=(first,))
    annexes = [annex(first), annex(later, valid_from=date(2025, 1, 1))]
    amend(contract, applies_from=BEGINS, annexes=annexes)
    case = make_case(contract, catalogue=first, need_group="hbg-2")
    make_record(case, module="m2", minutes=540)
    place(case, later, "hbg-2", valid_from=date(2025, 1, 1))
    before = usage_of([case.pk], date(2024, 12, 31))[case.pk]
    after = usage_of([case.pk], date(2025, 1, 1))[case.pk]
    assert (before.module("m2").amounts[0].guide, before.module("m2").level) == (10, "near")
    assert (after.module("m2").amounts[0].guide, after.module("m2").amounts[0].rest) == (12, 3)
    assert (before.planned_hours, after.planned_hours) == (Fraction(83, 2), Fraction(87, 2))


@pytest_db
def test_a_module_of_an_earlier_group_keeps_its_name():
    catalogue = make_catalogue(content=ADDICTION)
    contract = make_contract(catalogues=(catalogue,))
    case = make_case(contract, catalogue=catalogue, need_group="hbg-2")
    make_record(case, module="m2", minutes=60)
    place_case(
        case=case,
        valid_from=date(2024, 5, 1),
        catalogue_edition=catalogue,
        need_group="hbg-3",
        combination="regular",
        choices=["m4"],
        by=somebody(),
    )
    found = usage_of([case.pk], DAY)[case.pk]
    assert [(each.key, each.requirement) for each in found.modules] == [
        ("m1", "required"), ("m4", "one_of"), ("m2", OUTSIDE)
    ]  # fmt: skip
    assert found.modules[-1].title == "Module m2"


@pytest_db
def test_many_cases_cost_as_many_queries_as_one():
    catalogue = make_catalogue()
    contract = make_contract(catalogues=(catalogue,))
    cases = [make_case(contract, catalogue=catalogue) for _ in range(7)]
    for case in cases:
        make_record(case, module="m1")
    usage_of([cases[0].pk], DAY)
    asked = []
    for keys in ([cases[0].pk], [case.pk for case in cases]):
        with CaptureQueriesContext(connection) as queries:
            found = usage_of(keys, DAY)
        asked.append(len(queries))
        assert {each.module("m1").amounts[0].used for each in found.values()} == {1}
    assert asked[0] == asked[1] == 3


# The support plan, by month.


@pytest.fixture
def clearing():
    """A contract that pays talks in full, journeys not at all, group work shared and by half."""
    kinds = [{"key": "talk"}, {"key": "group", "share": "staff", "weight": "0.5"}]
    terms = HOURLY | {"kinds": kinds, "cap": {"source": "support_plan"}}
    works = [{"key": key, "label": key.title()} for key in ("talk", "group", "journey")]
    return make_contract(remuneration=[terms], kinds_of_work=works)


@pytest_db
def test_hours_of_the_support_plan_by_month(clearing):
    case = make_case(clearing, assigned_on=date(2024, 1, 8))
    make_plan(case, "12", valid_until=date(2024, 2, 29))
    make_plan(case, "10", valid_from=date(2024, 3, 1), valid_until=date(2024, 3, 31))
    make_record(case, day=date(2024, 2, 5), minutes=600)
    make_record(case, day=date(2024, 2, 29), minutes=270)
    make_record(case, day=date(2024, 2, 29), minutes=600, kind="journey")
    make_record(case, day=date(2024, 3, 1), minutes=390)
    # 90 minutes of two counsellors for six, at half the weight: 90 x 2 / 6 / 2 = 15 minutes.
    make_record(
        case, day=date(2024, 3, 4), minutes=90, session="G-1", participants=6, counsellors=2
    )
    months = plan_months(case, date(2024, 4, 10))
    assert [(m.first.month, m.granted, m.used, m.percent, m.level) for m in months] == [
        (4, None, 0, None, "free"),
        (3, 10, Fraction(27, 4), 67, "free"),
        (2, 12, Fraction(29, 2), 120, "exceeded"),
        # The plan begins on the 8th: 12 h for 24 of 31 days.
        (1, Fraction(288, 31), 0, 0, "free"),
    ]
    assert [m.rest for m in months[:3]] == [0, Fraction(13, 4), 0]
    assert len(plan_months(case, date(2024, 4, 10), months=2)) == 2


@pytest_db
def test_without_capped_terms_all_work_counts():
    case = make_case(make_contract())
    make_plan(case, "4")
    make_record(case, day=date(2024, 3, 1), minutes=90)
    make_session([case], participants=3, day=date(2024, 3, 2))
    (march, *_rest) = plan_months(case, date(2024, 3, 31))
    assert (march.used, march.rest) == (2, 2)


@pytest_db
def test_without_a_plan_there_is_nothing_to_compare():
    case = make_case(make_contract())
    make_record(case)
    assert plan_months(case, DAY) == []


def test_catalogues_of_the_factories_are_usable():
    found = usage(catalogue_content(), Placed("hbg-1"), {})
    assert found.planned_hours == 14
