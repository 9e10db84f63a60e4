"""Due dates of contract duties, with the dates of the worked examples."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.dates.duties import (
    DaysAfter,
    Duty,
    FixedDayFollowingYear,
    LastWorkingDayOfFollowingMonth,
    WorkingDaysAfter,
    due_date,
    period_end,
    periods_between,
)
from contracts.dates.working_days import Calendar

NRW = Calendar("NW")


def d(text):
    return date.fromisoformat(text)


def duty(due, cycle="half", kind="report"):
    return Duty(key="duty", label="Duty", kind=kind, cycle=cycle, due=due, clause="§ 5")


def due_day(rule, reference, calendar=NRW):
    return due_date(duty(rule), d(reference), calendar)[0]


@pytest.mark.parametrize(
    ("reference", "due"),
    [
        pytest.param("2023-12-31", "2024-01-31", id="31.12.2023: Wednesday"),
        pytest.param("2024-06-30", "2024-07-31", id="30.06.2024: Wednesday"),
        pytest.param("2024-12-31", "2025-01-31", id="31.12.2024: Friday"),
        pytest.param("2025-06-30", "2025-07-31", id="30.06.2025: Thursday"),
        pytest.param("2025-12-31", "2026-01-30", id="31.12.2025: Friday, before a Saturday"),
        pytest.param("2026-06-30", "2026-07-31", id="30.06.2026: Friday"),
        pytest.param("2026-12-31", "2027-01-29", id="31.12.2026: Friday, before a Sunday"),
        pytest.param("2027-06-30", "2027-07-30", id="30.06.2027: Friday, before a Saturday"),
        pytest.param("2027-12-31", "2028-01-31", id="31.12.2027: Monday"),
        pytest.param("2028-06-30", "2028-07-31", id="30.06.2028: Monday"),
        pytest.param("2028-12-31", "2029-01-31", id="31.12.2028: Wednesday"),
        pytest.param("2024-02-29", "2024-03-28", id="month end on the Easter weekend"),
        pytest.param("2029-04-30", "2029-05-30", id="month end on Corpus Christi"),
        pytest.param("2024-08-17", "2024-09-30", id="final report after termination on 17.08."),
        pytest.param("2024-01-31", "2024-02-29", id="from 31 January into February"),
    ],
)
def test_half_year_report_is_due_at_the_next_month_end(reference, due):
    assert due_day(LastWorkingDayOfFollowingMonth(), reference) == d(due)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        pytest.param("NW", "2024-10-31", id="NW works on Reformation Day"),
        pytest.param("NI", "2024-10-30", id="NI does not"),
    ],
)
def test_the_state_decides(state, due):
    rule = LastWorkingDayOfFollowingMonth()

    assert due_day(rule, "2024-09-30", Calendar(state)) == d(due)


@pytest.mark.parametrize(
    ("year", "due"),
    [
        pytest.param(2023, "2024-04-02", id="2024: Easter Sunday, then Easter Monday"),
        pytest.param(2024, "2025-03-31", id="2025: Monday"),
        pytest.param(2025, "2026-03-31", id="2026: Tuesday"),
        pytest.param(2026, "2027-03-31", id="2027: Wednesday"),
        pytest.param(2027, "2028-03-31", id="2028: Friday"),
        pytest.param(2028, "2029-04-03", id="2029: Holy Saturday, Easter until Monday"),
    ],
)
def test_billing_of_a_year_is_due_on_31_march(year, due):
    rule = FixedDayFollowingYear(month=3, day=31)

    assert due_day(rule, f"{year}-12-31") == d(due)


def test_billing_of_a_year_cut_short_stays_due_in_the_following_year():
    rule = FixedDayFollowingYear(month=3, day=31)

    assert due_day(rule, "2024-08-17") == d("2025-03-31")


def test_29_february_stands_for_the_last_day_of_february():
    rule = FixedDayFollowingYear(month=2, day=29)

    assert due_day(rule, "2023-12-31") == d("2024-02-29")
    assert due_day(rule, "2024-12-31") == d("2025-02-28")


@pytest.mark.parametrize(
    ("referral", "days", "due"),
    [
        pytest.param("2024-06-03", 14, "2024-06-17", id="Monday: 14 days"),
        pytest.param("2024-06-03", 28, "2024-07-01", id="Monday: 4 weeks"),
        pytest.param("2024-06-03", 42, "2024-07-15", id="Monday: 6 weeks"),
        pytest.param("2024-06-03", 56, "2024-07-29", id="Monday: 8 weeks"),
        pytest.param("2024-06-03", 84, "2024-08-26", id="Monday: 12 weeks"),
        pytest.param("2024-06-03", 182, "2024-12-02", id="Monday: 26 weeks"),
        pytest.param("2024-05-16", 14, "2024-05-31", id="Thursday: 14 days, Corpus Christi"),
        pytest.param("2024-05-16", 28, "2024-06-13", id="Thursday: 4 weeks"),
        pytest.param("2024-05-16", 42, "2024-06-27", id="Thursday: 6 weeks"),
        pytest.param("2024-05-16", 56, "2024-07-11", id="Thursday: 8 weeks"),
        pytest.param("2024-05-16", 84, "2024-08-08", id="Thursday: 12 weeks"),
        pytest.param("2024-05-16", 182, "2024-11-14", id="Thursday: 26 weeks"),
        pytest.param("2024-06-03", 10, "2024-06-13", id="missing papers 7+3"),
        pytest.param("2024-12-16", 10, "2024-12-27", id="missing papers 7+3 over Christmas"),
        pytest.param("2024-06-13", 7, "2024-06-20", id="decision"),
        pytest.param("2024-06-13", 15, "2024-06-28", id="decision, outer limit"),
        pytest.param("2024-12-27", 15, "2025-01-13", id="outer limit on a Saturday"),
        pytest.param("2024-12-12", 8, "2024-12-20", id="postal application 5+3"),
        pytest.param("2024-12-17", 8, "2024-12-27", id="postal application 5+3 over Christmas"),
    ],
)
def test_calendar_days_after(referral, days, due):
    assert due_day(DaysAfter(days=days), referral) == d(due)


@pytest.mark.parametrize(
    ("reference", "due"),
    [
        pytest.param("2024-05-29", "2024-06-03", id="over Corpus Christi and a weekend"),
        pytest.param("2024-12-12", "2024-12-16", id="over a weekend"),
    ],
)
def test_two_working_days_after(reference, due):
    assert due_day(WorkingDaysAfter(days=2), reference) == d(due)


def test_a_due_date_explains_itself_forward():
    rule = FixedDayFollowingYear(month=3, day=31)
    day, why = due_date(duty(rule, cycle="year"), d("2023-12-31"), NRW)

    assert day == d("2024-04-02")
    assert [str(step) for step in why] == [
        "2023-12-31: reference date",
        "2024-03-31: fixed day of the following year",
        "2024-03-31: not a working day: Sunday",
        "2024-04-01: not a working day: Ostermontag",
        "2024-04-02: next working day",
    ]


def test_a_due_date_explains_itself_backward():
    _, why = due_date(duty(LastWorkingDayOfFollowingMonth()), d("2024-02-29"), NRW)

    assert [str(step) for step in why] == [
        "2024-02-29: reference date",
        "2024-03-31: not a working day: Sunday",
        "2024-03-30: not a working day: Saturday",
        "2024-03-29: not a working day: Karfreitag",
        "2024-03-28: last working day of the following month",
    ]


def test_a_due_date_on_a_working_day_needs_two_steps():
    _, why = due_date(duty(DaysAfter(days=14)), d("2024-06-03"), NRW)

    assert [str(step) for step in why] == [
        "2024-06-03: reference date",
        "2024-06-17: 14 calendar days later",
    ]


@pytest.mark.parametrize(
    ("cycle", "first", "last", "periods"),
    [
        pytest.param(
            "half",
            "2024-01-01",
            "2024-12-31",
            [("2024-01-01", "2024-06-30"), ("2024-07-01", "2024-12-31")],
            id="half-years",
        ),
        pytest.param(
            "half",
            "2024-03-15",
            "2024-08-17",
            [("2024-03-15", "2024-06-30"), ("2024-07-01", "2024-08-17")],
            id="cut at both ends",
        ),
        pytest.param(
            "quarter",
            "2023-11-05",
            "2024-03-31",
            [("2023-11-05", "2023-12-31"), ("2024-01-01", "2024-03-31")],
            id="quarters over New Year",
        ),
        pytest.param(
            "month",
            "2024-01-31",
            "2024-03-01",
            [
                ("2024-01-31", "2024-01-31"),
                ("2024-02-01", "2024-02-29"),
                ("2024-03-01", "2024-03-01"),
            ],
            id="months",
        ),
        pytest.param("year", "2024-05-05", "2024-05-05", [("2024-05-05",) * 2], id="one day"),
        pytest.param("year", "2024-05-05", "2024-05-04", [], id="nothing"),
    ],
)
def test_periods_between(cycle, first, last, periods):
    found = list(periods_between(cycle, d(first), d(last)))

    assert found == [(d(begin), d(end)) for begin, end in periods]


@given(
    st.sampled_from(["month", "quarter", "half", "year"]),
    st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    st.integers(0, 1500),
)
def test_periods_cover_every_day_once(cycle, first, length):
    last = date.fromordinal(first.toordinal() + length)
    found = list(periods_between(cycle, first, last))

    assert found[0][0] == first and found[-1][1] == last
    assert sum((end - begin).days + 1 for begin, end in found) == length + 1
    assert all(period_end(cycle, begin) == period_end(cycle, end) for begin, end in found)


def test_a_duty_reads_its_rule_by_type():
    stored = {
        "key": "billing",
        "label": "Yearly billing",
        "kind": "statement",
        "cycle": "year",
        "due": {"type": "fixed_day_following_year", "month": 3, "day": 31},
        "clause": "§ 4",
    }
    found = Duty.model_validate(stored)

    assert found.due == FixedDayFollowingYear(month=3, day=31)
    assert found.model_dump() == stored | {"remind_days": 30}


@pytest.mark.parametrize(
    ("due", "message"),
    [
        pytest.param({"type": "someday"}, "someday", id="unknown type"),
        pytest.param({"type": "days_after"}, "days", id="days missing"),
        pytest.param({"type": "days_after", "days": -1}, "days", id="negative days"),
        pytest.param(
            {"type": "fixed_day_following_year", "month": 4, "day": 31},
            "month 4 has no day 31",
            id="31 April",
        ),
        pytest.param(
            {"type": "last_working_day_of_following_month", "days": 3}, "extra", id="extra field"
        ),
    ],
)
def test_impossible_rules_are_refused(due, message):
    with pytest.raises(ValidationError, match=message):
        duty(due)
