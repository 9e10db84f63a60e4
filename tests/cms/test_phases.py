"""Phase plans, with the figures of case work in three phases."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.phases import PhaseRule, full_weeks, last_day, plan

CLEARING = PhaseRule(key="clearing", min_weeks=4, max_weeks=8, min_hours_per_week=Decimal(3))
RESTRUCTURING = PhaseRule(key="restructuring", min_months=6, min_hours_per_week=Decimal(4))
CONSOLIDATION = PhaseRule(key="consolidation", min_months=4)
CASE_WORK = (CLEARING, RESTRUCTURING, CONSOLIDATION)


def d(text):
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("rule", "begins", "earliest", "latest", "hours"),
    [
        pytest.param(
            CLEARING, "2024-03-01", "2024-03-28", "2024-04-25", 12, id="clearing: 28 to 56 days"
        ),
        pytest.param(
            RESTRUCTURING, "2024-04-26", "2024-10-25", None, 104, id="restructuring: 26 full weeks"
        ),
        pytest.param(
            CONSOLIDATION, "2024-10-26", "2025-02-25", None, 0, id="consolidation: by agreement"
        ),
    ],
)
def test_limits_of_one_phase(rule, begins, earliest, latest, hours):
    assert rule.earliest_end(d(begins)) == d(earliest)
    assert rule.latest_end(d(begins)) == d(latest)
    assert rule.minimum_hours(d(begins), d(earliest)) == hours


def test_longest_clearing_needs_24_hours():
    assert CLEARING.minimum_hours(d("2024-03-01"), d("2024-04-25")) == 24


def test_six_months_from_26_april_are_183_days_and_26_full_weeks():
    begins, ends = d("2024-04-26"), d("2024-10-25")

    assert (ends - begins).days + 1 == 183
    assert full_weeks(begins, ends) == 26


def test_whole_case_needs_at_least_116_hours():
    shortest = plan(CASE_WORK, d("2024-03-01"))

    assert [phase.minimum_hours for phase in shortest.phases] == [12, 104, 0]
    assert shortest.minimum_hours == 116
    assert not any(phase.is_chosen for phase in shortest.phases)


def test_whole_case_with_eight_weeks_of_clearing_needs_128_hours():
    chosen = plan(CASE_WORK, d("2024-03-01"), {"clearing": d("2024-04-25")})

    assert [(phase.begins, phase.earliest_end) for phase in chosen.phases] == [
        (d("2024-03-01"), d("2024-03-28")),
        (d("2024-04-26"), d("2024-10-25")),
        (d("2024-10-26"), d("2025-02-25")),
    ]
    assert chosen.minimum_hours == 128


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param("2024-03-27", id="one day before four weeks"),
        pytest.param("2024-04-26", id="one day more than eight weeks"),
    ],
)
def test_a_chosen_end_outside_the_limits_is_kept_beside_them(ends):
    clearing, following, _ = plan(CASE_WORK, d("2024-03-01"), {"clearing": d(ends)}).phases

    limits = (clearing.earliest_end, clearing.latest_end)
    assert limits == (d("2024-03-28"), d("2024-04-25"))
    assert clearing.ends == d(ends)
    assert following.begins == d(ends) + timedelta(days=1)


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        pytest.param("2024-04-26", 6, "2024-10-25", id="day before the same number"),
        pytest.param("2024-01-01", 12, "2024-12-31", id="a whole year"),
        pytest.param("2024-08-31", 6, "2025-02-28", id="short month, from the 31st"),
        pytest.param("2023-08-30", 6, "2024-02-29", id="leap February, from the 30th"),
        pytest.param("2024-08-29", 6, "2025-02-28", id="short month, from the 29th"),
        pytest.param("2024-08-28", 6, "2025-02-27", id="February has a 28th"),
        pytest.param("2024-01-31", 1, "2024-02-29", id="one month from 31 January"),
    ],
)
def test_last_day_of_calendar_months(begins, months, ends):
    assert last_day(d(begins), months) == d(ends)


def test_a_phase_without_minimum_may_end_on_its_first_day():
    free = PhaseRule(key="free")

    assert free.earliest_end(d("2024-03-01")) == d("2024-03-01")
    assert free.latest_end(d("2024-03-01")) is None


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        pytest.param({"min_weeks": 4, "min_months": 1}, "not both", id="weeks and months"),
        pytest.param({"max_weeks": 4, "max_months": 1}, "not both", id="weeks and months, max"),
        pytest.param({"min_weeks": 0}, "at least one", id="no length"),
        pytest.param({"min_weeks": 9, "max_weeks": 8}, "longer than", id="contradiction"),
        pytest.param({"min_hours_per_week": Decimal(-1)}, "negative", id="negative hours"),
    ],
)
def test_contradictory_rules_are_refused(limits, message):
    with pytest.raises(ValueError, match=message):
        PhaseRule(key="phase", **limits)


@pytest.mark.parametrize(
    ("phases", "ends", "message"),
    [
        pytest.param(CASE_WORK, {"closing": d("2024-05-01")}, "no such phase", id="unknown key"),
        pytest.param((CLEARING, CLEARING), {}, "twice", id="repeated key"),
        pytest.param(CASE_WORK, {"clearing": d("2024-02-29")}, "before it begins", id="too early"),
        pytest.param(
            (PhaseRule(key="mixed", min_months=2, max_weeks=8),),
            {},
            "longer than",
            id="no end fits",
        ),
    ],
)
def test_impossible_plans_are_refused(phases, ends, message):
    with pytest.raises(ValueError, match=message):
        plan(phases, d("2024-03-01"), ends)


@given(st.dates(date(2010, 1, 1), date(2040, 1, 1)), st.integers(1, 30))
def test_months_in_a_row_end_where_one_long_period_ends_when_begun_on_a_first(day, months):
    day = day.replace(day=1)
    end = day - timedelta(days=1)
    for _ in range(months):
        end = last_day(end + timedelta(days=1), 1)

    assert end == last_day(day, months)


@given(
    st.dates(date(2010, 1, 1), date(2040, 1, 1)),
    st.dictionaries(st.sampled_from(["clearing", "restructuring"]), st.integers(1, 400)),
)
def test_phases_follow_each_other_without_gap(start, lengths):
    ends, begins = {}, start
    for rule in CASE_WORK:
        if rule.key in lengths:
            ends[rule.key] = begins + timedelta(days=lengths[rule.key] - 1)
        begins = ends.get(rule.key, rule.earliest_end(begins)) + timedelta(days=1)
    planned = plan(CASE_WORK, start, ends).phases

    assert planned[0].begins == start
    for before, after in zip(planned, planned[1:], strict=False):
        assert after.begins == before.ends + timedelta(days=1)
