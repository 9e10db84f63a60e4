"""Term, notice and renewal, with the dates of the worked examples."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from contracts.dates.term import (
    Term,
    current_end,
    ends_after_notice,
    last_day_for_notice,
    renewals,
    warn_from,
)


def d(text):
    return date.fromisoformat(text) if text else None


YEARLY = Term(
    begins=d("2010-01-01"),
    first_ends=d("2010-12-31"),
    renews_months=12,
    notice_months=6,
    notice_to="year_end",
)


@pytest.mark.parametrize(
    ("received", "ends"),
    [
        pytest.param("2024-06-28", "2024-12-31", id="the Friday before"),
        pytest.param("2024-06-30", "2024-12-31", id="on the last day, a Sunday"),
        pytest.param("2024-07-01", "2025-12-31", id="Monday: one day late, not extended"),
        pytest.param("2024-12-31", "2025-12-31", id="on the last day of the year"),
        pytest.param("2010-06-30", "2010-12-31", id="in the first term"),
        pytest.param("2009-12-15", "2010-12-31", id="before the contract begins"),
    ],
)
def test_notice_six_months_to_the_end_of_the_year(received, ends):
    assert ends_after_notice(YEARLY, d(received)) == d(ends)


@pytest.mark.parametrize(
    ("on", "ends"),
    [
        pytest.param("2024-01-01", "2024-12-31", id="notice is still possible"),
        pytest.param("2024-06-30", "2024-12-31", id="last day for notice"),
        pytest.param("2024-07-01", "2025-12-31", id="renewed to the end of the following year"),
        pytest.param("2025-01-01", "2025-12-31", id="in the renewed year"),
        pytest.param("2010-01-01", "2010-12-31", id="first term"),
    ],
)
def test_without_notice_the_contract_is_renewed(on, ends):
    assert current_end(YEARLY, d(on)) == d(ends)


@pytest.mark.parametrize(
    ("notice", "terminated", "ends"),
    [
        pytest.param("2024-06-30", None, "2024-12-31", id="notice in time"),
        pytest.param("2024-07-01", None, "2025-12-31", id="notice too late"),
        pytest.param(None, "2024-08-17", "2024-08-17", id="immediate, on a Saturday"),
        pytest.param("2024-06-30", "2024-08-17", "2024-08-17", id="immediate after notice"),
        pytest.param("2024-06-30", "2025-02-01", "2024-12-31", id="too late to matter"),
    ],
)
def test_end_after_notice_and_termination(notice, terminated, ends):
    on = d("2024-09-01")

    assert current_end(YEARLY, on, d(notice), d(terminated)) == d(ends)


def test_termination_before_the_beginning_is_refused():
    with pytest.raises(ValueError, match="before it begins"):
        current_end(YEARLY, d("2024-01-01"), terminated_on=d("2009-12-31"))


@pytest.mark.parametrize(
    ("months", "end", "last"),
    [
        pytest.param(6, "2024-12-31", "2024-06-30", id="six months to the end of the year"),
        pytest.param(6, "2025-06-30", "2024-12-31", id="six months to 30 June"),
        pytest.param(1, "2024-03-31", "2024-02-29", id="one month over a leap February"),
        pytest.param(3, "2024-05-31", "2024-02-29", id="three months to the end of May"),
        pytest.param(1, "2024-03-14", "2024-02-14", id="within a month"),
        pytest.param(0, "2024-12-31", "2024-12-31", id="no notice period"),
    ],
)
def test_last_day_for_notice(months, end, last):
    term = Term(begins=d("2020-01-01"), notice_months=months, notice_to="month_end")

    assert last_day_for_notice(term, d(end)) == d(last)


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        pytest.param(3, "2025-04-01", id="three months ahead: from 1 April"),
        pytest.param(1, "2025-06-01", id="one month ahead"),
    ],
)
def test_reminder_of_the_notice(months, expected):
    assert warn_from(YEARLY, d("2025-12-31"), months) == d(expected)


OPEN = {"begins": d("2022-01-01"), "notice_months": 3}
TWO_YEARS = {
    "begins": d("2022-03-01"),
    "first_ends": d("2024-02-29"),
    "notice_months": 3,
}


@pytest.mark.parametrize(
    ("term", "received", "ends"),
    [
        pytest.param(
            Term(**OPEN, notice_to="month_end"), "2024-01-15", "2024-04-30", id="open, month end"
        ),
        pytest.param(
            Term(**OPEN, notice_to="quarter_end"), "2024-01-15", "2024-06-30", id="open, quarter"
        ),
        pytest.param(
            Term(**OPEN, notice_to="quarter_end"), "2023-12-31", "2024-03-31", id="exactly fits"
        ),
        pytest.param(
            Term(**TWO_YEARS, notice_to="month_end", renews_months=12),
            "2022-06-01",
            "2024-02-29",
            id="the first term is binding",
        ),
        pytest.param(
            Term(**TWO_YEARS, notice_to="month_end", renews_months=12),
            "2024-06-01",
            "2024-09-30",
            id="afterwards to each month end",
        ),
        pytest.param(
            Term(**TWO_YEARS, notice_to="month_end", notice_in_first_term=True),
            "2022-06-01",
            "2022-09-30",
            id="notice agreed within the first term",
        ),
        pytest.param(
            Term(**TWO_YEARS, notice_to="month_end", notice_in_first_term=True),
            "2024-01-15",
            "2024-02-29",
            id="not beyond a term without renewal",
        ),
        pytest.param(Term(**TWO_YEARS), "2024-02-01", "2024-02-29", id="no renewal, term end"),
        pytest.param(
            Term(**TWO_YEARS, renews_months=12), "2023-11-30", "2024-02-29", id="term end, in time"
        ),
        pytest.param(
            Term(**TWO_YEARS, renews_months=12), "2023-12-01", "2025-02-28", id="term end, late"
        ),
    ],
)
def test_other_terms(term, received, ends):
    assert ends_after_notice(term, d(received)) == d(ends)


def test_an_open_contract_ends_only_by_notice_or_termination():
    term = Term(**OPEN, notice_to="month_end")

    assert current_end(term, d("2030-01-01")) is None
    assert current_end(term, d("2030-01-01"), terminated_on=d("2024-05-05")) == d("2024-05-05")
    assert renewals(term, d("2030-01-01")) == ()


def test_a_term_without_renewal_just_ends():
    assert current_end(Term(**TWO_YEARS), d("2030-01-01")) == d("2024-02-29")
    assert renewals(Term(**TWO_YEARS), d("2030-01-01")) == ()


def test_renewals_become_certain_after_the_last_day_for_notice():
    on_last_day = renewals(YEARLY, d("2012-06-30"))
    day_after = renewals(YEARLY, d("2012-07-01"))

    assert [renewal.ends for renewal in on_last_day] == [d("2011-12-31"), d("2012-12-31")]
    newest = day_after[-1]
    assert (newest.number, newest.begins, newest.ends) == (3, d("2013-01-01"), d("2013-12-31"))
    assert newest.certain_from == d("2012-07-01")


def test_notice_and_termination_prevent_renewals():
    last_ends = {
        "no notice": renewals(YEARLY, d("2024-12-01")),
        "notice": renewals(YEARLY, d("2024-12-01"), notice_received=d("2024-06-30")),
        "terminated": renewals(YEARLY, d("2024-12-01"), terminated_on=d("2023-08-17")),
    }

    assert {name: found[-1].ends for name, found in last_ends.items()} == {
        "no notice": d("2025-12-31"),
        "notice": d("2024-12-31"),
        "terminated": d("2023-12-31"),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"notice_to": "week_end"}, "allowed: term_end", id="unknown day"),
        pytest.param({"first_ends": None}, "open-ended", id="nothing to renew"),
        pytest.param({"first_ends": d("2009-12-31")}, "ends before", id="ends before it begins"),
        pytest.param({"renews_months": 0}, "at least one month", id="renewal of nothing"),
        pytest.param({"notice_months": -1}, "negative", id="negative notice"),
    ],
)
def test_contradictory_terms_are_refused(changes, message):
    agreed = {
        "begins": d("2010-01-01"),
        "first_ends": d("2010-12-31"),
        "renews_months": 12,
        "notice_months": 6,
    }
    with pytest.raises(ValueError, match=message):
        Term(**agreed | changes)


def test_an_open_contract_has_no_term_end_to_give_notice_to():
    with pytest.raises(ValueError, match="open-ended"):
        Term(begins=d("2010-01-01"), notice_to="term_end")


@given(st.dates(date(2012, 1, 1), date(2040, 12, 31)), st.integers(0, 24))
def test_last_day_for_notice_is_the_latest_that_fits(end, months):
    term = Term(begins=d("2010-01-01"), notice_months=months, notice_to="month_end")
    last = last_day_for_notice(term, end)

    assert last + relativedelta(months=months) <= end
    assert last + timedelta(days=1) + relativedelta(months=months) > end


@given(
    st.dates(date(2010, 1, 1), date(2040, 12, 31)),
    st.integers(0, 24),
    st.sampled_from(["year_end", "quarter_end", "month_end", "term_end"]),
)
def test_notice_in_time_ends_the_contract_and_a_day_later_does_not(received, months, notice_to):
    term = Term(
        begins=d("2010-01-01"),
        first_ends=d("2010-12-31"),
        renews_months=12,
        notice_months=months,
        notice_to=notice_to,
    )
    ends = ends_after_notice(term, received)
    last = last_day_for_notice(term, ends)

    assert received <= last
    assert ends_after_notice(term, last) == ends
    assert ends_after_notice(term, last + timedelta(days=1)) > ends


@pytest.mark.parametrize(
    ("agreed", "received", "ends"),
    [
        ({"notice_weeks": 6, "notice_to": "quarter_end"}, "2025-02-17", "2025-03-31"),
        ({"notice_weeks": 6, "notice_to": "quarter_end"}, "2025-02-18", "2025-06-30"),
        ({"notice_days": 30, "notice_to": "month_end"}, "2025-03-01", "2025-03-31"),
        ({"notice_days": 30, "notice_to": "month_end"}, "2025-03-02", "2025-04-30"),
        ({"notice_months": 3, "notice_to": "half_end"}, "2025-03-30", "2025-06-30"),
        ({"notice_months": 3, "notice_to": "half_end"}, "2025-04-01", "2025-12-31"),
        ({"notice_years": 1, "notice_to": "year_end"}, "2024-12-31", "2025-12-31"),
        ({"notice_years": 1, "notice_to": "year_end"}, "2025-01-01", "2026-12-31"),
    ],
)
def test_notice_in_days_weeks_and_years(agreed, received, ends):
    term = Term(begins=date(2024, 1, 1), **agreed)

    assert ends_after_notice(term, date.fromisoformat(received)) == date.fromisoformat(ends)


def test_last_day_for_notice_in_weeks_is_counted_in_days():
    term = Term(begins=date(2024, 1, 1), notice_weeks=6, notice_to="quarter_end")

    # 42 days before 31 March; six weeks know no end of a month.
    assert last_day_for_notice(term, date(2025, 3, 31)) == date(2025, 2, 17)
    with pytest.raises(ValueError, match="in one"):
        Term(begins=date(2024, 1, 1), notice_weeks=6, notice_months=1, notice_to="month_end")
