"""Deadlines from an event on, with the dates of the worked examples (C6, C8)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.dates.deadlines import DeadlineRule, postal_days
from contracts.dates.working_days import Calendar

NRW = Calendar("NW")
FRIDAY = 4

CHECK = DeadlineRule(2, "working_days")
MISSING_PAPERS = DeadlineRule(7, by_post=True)
DECISION = DeadlineRule(7)
DECISION_AT_LAST = DeadlineRule(15)
POSTAL_APPLICATION = DeadlineRule(5, by_post=True)
OBJECTION = DeadlineRule(1, "months", by_post=True)


def d(text):
    return date.fromisoformat(text)


def due(rule, start, calendar=NRW):
    return rule.day(d(start), calendar)


MONDAY_REFERRAL = [
    pytest.param(14, "days", "2024-06-17", id="14 days: first appointment and first feedback"),
    pytest.param(4, "weeks", "2024-07-01", id="4 weeks: psychosocial interim"),
    pytest.param(6, "weeks", "2024-07-15", id="6 weeks: debt interim"),
    pytest.param(8, "weeks", "2024-07-29", id="8 weeks: child care result"),
    pytest.param(12, "weeks", "2024-08-26", id="12 weeks: addiction interim and result"),
    pytest.param(26, "weeks", "2024-12-02", id="26 weeks: debt result"),
]
THURSDAY_REFERRAL = [
    pytest.param(14, "days", "2024-05-31", id="14 days: from Corpus Christi to the Friday"),
    pytest.param(4, "weeks", "2024-06-13", id="4 weeks"),
    pytest.param(6, "weeks", "2024-06-27", id="6 weeks"),
    pytest.param(8, "weeks", "2024-07-11", id="8 weeks"),
    pytest.param(12, "weeks", "2024-08-08", id="12 weeks"),
    pytest.param(26, "weeks", "2024-11-14", id="26 weeks"),
]


@pytest.mark.parametrize(("count", "unit", "ends"), MONDAY_REFERRAL)
def test_c6_of_a_referral_on_monday_3_june_2024(count, unit, ends):
    assert due(DeadlineRule(count, unit), "2024-06-03") == d(ends)


@pytest.mark.parametrize(("count", "unit", "ends"), THURSDAY_REFERRAL)
def test_c6_of_a_referral_on_thursday_16_may_2024(count, unit, ends):
    assert due(DeadlineRule(count, unit), "2024-05-16") == d(ends)


@pytest.mark.parametrize(
    ("rule", "start", "ends"),
    [
        pytest.param(CHECK, "2024-05-29", "2024-06-03", id="check over Corpus Christi"),
        pytest.param(MISSING_PAPERS, "2024-06-03", "2024-06-13", id="missing papers 7+3"),
        pytest.param(DECISION, "2024-06-13", "2024-06-20", id="decision, internal target"),
        pytest.param(DECISION_AT_LAST, "2024-06-13", "2024-06-28", id="decision, standard"),
        pytest.param(CHECK, "2024-12-12", "2024-12-16", id="check over a weekend"),
        pytest.param(MISSING_PAPERS, "2024-12-16", "2024-12-27", id="7+3 ends at Christmas"),
        pytest.param(DECISION, "2024-12-27", "2025-01-03", id="decision over New Year"),
        pytest.param(DECISION_AT_LAST, "2024-12-27", "2025-01-13", id="15 days end on a Saturday"),
        pytest.param(POSTAL_APPLICATION, "2024-12-12", "2024-12-20", id="5+3, known on a Sunday"),
        pytest.param(POSTAL_APPLICATION, "2024-12-17", "2024-12-27", id="5+3 ends at Christmas"),
        pytest.param(OBJECTION, "2024-01-30", "2024-03-04", id="month after 3 days, a Saturday"),
        pytest.param(OBJECTION, "2025-01-30", "2025-03-03", id="month after 4 days"),
    ],
)
def test_c8(rule, start, ends):
    assert due(rule, start) == d(ends)


def test_internal_target_and_standard_of_a_decision_lie_apart():
    """D30: amber on the seventh day, red on the fifteenth."""
    assert due(DECISION, "2024-06-13") < due(DECISION_AT_LAST, "2024-06-13")


@pytest.mark.parametrize(
    ("posted", "days"),
    [
        pytest.param("2024-12-31", 3, id="last day of three days"),
        pytest.param("2025-01-01", 4, id="first day of four days"),
        pytest.param("1999-01-01", 3, id="long ago"),
    ],
)
def test_postal_rule_follows_the_day_of_posting(posted, days):
    assert postal_days(d(posted)) == days


@pytest.mark.parametrize(
    ("count", "start", "ends"),
    [
        pytest.param(1, "2024-01-31", "2024-02-29", id="into February of a leap year"),
        pytest.param(1, "2023-01-31", "2023-02-28", id="into February of a common year"),
        pytest.param(1, "2024-02-29", "2024-03-29", id="from 29 February"),
        pytest.param(12, "2024-02-29", "2025-02-28", id="a year from 29 February"),
        pytest.param(3, "2024-11-30", "2025-02-28", id="over the end of the year"),
        pytest.param(1, "2024-04-30", "2024-05-30", id="the same number, not the month's end"),
    ],
)
def test_months_end_on_the_day_that_is_called_alike(count, start, ends):
    """Before anything moves off a free day: § 188 (2) and (3) BGB."""
    assert due(DeadlineRule(count, "months", moves=False), start) == d(ends)


@pytest.mark.parametrize(
    ("calendar", "ends"),
    [
        pytest.param(NRW, "2024-05-31", id="Corpus Christi in North Rhine-Westphalia"),
        pytest.param(Calendar("NI"), "2024-05-30", id="a working day in Lower Saxony"),
        pytest.param(Calendar("SN"), "2024-05-30", id="a working day in most of Saxony"),
        pytest.param(
            Calendar("SN", local_holidays="catholic"), "2024-05-31", id="kept in some places there"
        ),
        pytest.param(
            Calendar("NW", working_days=frozenset({d("2024-05-30")})), "2024-05-30", id="worked"
        ),
        pytest.param(
            Calendar("NW", extra_holidays=frozenset({d("2024-05-31")})),
            "2024-06-03",
            id="bridge day that is free as well",
        ),
    ],
)
def test_free_days_are_those_of_the_place(calendar, ends):
    assert due(DeadlineRule(14), "2024-05-16", calendar) == d(ends)


def test_deadline_that_does_not_move_ends_on_a_free_day():
    assert due(DeadlineRule(14, moves=False), "2024-05-16") == d("2024-05-30")


def test_no_days_are_the_day_itself_or_the_next_working_day():
    assert due(DeadlineRule(0), "2024-06-03") == d("2024-06-03")
    assert due(DeadlineRule(0, "working_days"), "2024-06-01") == d("2024-06-03")


def test_steps_say_how_the_date_arose():
    steps = OBJECTION.steps(d("2024-01-30"), NRW, event="letter posted")
    assert [str(step) for step in steps] == [
        "2024-01-30: letter posted",
        "2024-02-02: posted: deemed received 3 days later",
        "2024-03-02: one month later",
        "2024-03-02: not a working day: Saturday",
        "2024-03-03: not a working day: Sunday",
        "2024-03-04: next working day",
    ]


def test_steps_name_the_holiday():
    steps = DeadlineRule(14).steps(d("2024-05-16"), NRW)
    assert [str(step) for step in steps] == [
        "2024-05-16: reference date",
        "2024-05-30: 14 calendar days later",
        "2024-05-30: not a working day: Fronleichnam",
        "2024-05-31: next working day",
    ]


days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
rules = st.builds(
    DeadlineRule,
    count=st.integers(0, 60),
    unit=st.sampled_from(["days", "working_days", "weeks", "months"]),
    by_post=st.booleans(),
    moves=st.booleans(),
)
places = st.sampled_from([NRW, Calendar("NI"), Calendar("BY", local_holidays="catholic")])


@given(rules, days, places)
def test_what_moves_never_ends_on_a_free_day(rule, start, calendar):
    found = rule.day(start, calendar)
    assert found >= start
    if rule.moves or rule.unit == "working_days":
        assert found.weekday() <= FRIDAY
        assert calendar.reason_off(found) is None


@given(rules, days, st.integers(1, 40), places)
def test_later_event_never_ends_earlier(rule, start, later, calendar):
    """Save where the post takes a day longer from 2025 on, which goes the same way."""
    assert rule.day(start, calendar) <= rule.day(start + timedelta(days=later), calendar)


@given(rules, days, places)
def test_steps_begin_with_the_event_go_forward_and_end_with_the_date(rule, start, calendar):
    steps = rule.steps(start, calendar, event="assigned")
    assert steps[0].day == start
    assert [step.day for step in steps] == sorted(step.day for step in steps)
    assert steps[-1].day == rule.day(start, calendar)
    assert all("%(" not in str(step) for step in steps)
