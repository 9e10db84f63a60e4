"""Periods and their names."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.billing import Period

days = st.dates(date(2000, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("name", "first", "last", "cycle"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "month"),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31), "month"),
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31), "quarter"),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31), "quarter"),
        ("2024-H1", date(2024, 1, 1), date(2024, 6, 30), "half"),
        ("2024-H2", date(2024, 7, 1), date(2024, 12, 31), "half"),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "year"),
        ("2024-01-15..2024-02-20", date(2024, 1, 15), date(2024, 2, 20), None),
        ("2024-02-01..2024-04-30", date(2024, 2, 1), date(2024, 4, 30), None),
    ],
)
def test_names_of_periods(name, first, last, cycle):
    period = Period.parse(name)

    assert (period.first, period.last, period.cycle) == (first, last, cycle)
    assert str(period) == name


def test_a_range_that_is_a_quarter_is_called_so():
    assert str(Period.parse("2024-04-01..2024-06-30")) == "2024-Q2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-3",
        "2024-13",
        "2024-00",
        "2024-Q0",
        "2024-Q5",
        "2024-Q01",
        "2024-H3",
        "24",
        "2024-02-30..2024-03-01",
        "2024-03-01..2024-02-01",
        "2024-03-01",
        "2024-W10",
        "٢٠٢٤",
        " 2024",
    ],
)
def test_other_names_are_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match="allowed: 2024-03"):
        Period.parse(text)


@given(days, st.integers(0, 1500))
def test_every_period_reads_its_own_name(first, length):
    period = Period(first, first + timedelta(days=length))

    assert Period.parse(str(period)) == period


@given(days, st.integers(0, 1500))
def test_months_cover_a_period_without_gap_or_overlap(first, length):
    period = Period(first, first + timedelta(days=length))

    months = period.months()

    assert (months[0].first, months[-1].last) == (period.first, period.last)
    assert sum(month.days for month in months) == period.days
    assert all(month.first.month == month.last.month for month in months)


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [
        (None, None, "2024-Q1"),
        (date(2024, 2, 1), None, "2024-02-01..2024-03-31"),
        (date(2023, 1, 1), date(2024, 1, 31), "2024-01"),
        (date(2024, 4, 1), None, None),
    ],
)
def test_cut_to_a_term(first, last, left):
    cut = Period.parse("2024-Q1").cut(first, last)

    assert (cut and str(cut)) == left


def test_both_ends_belong_to_a_period():
    period = Period.parse("2024-02")

    assert period.days == 29
    assert period.contains(date(2024, 2, 29))
    assert not period.contains(date(2024, 3, 1))
