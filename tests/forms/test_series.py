"""On which days series are, and that the time on the wall stays when clocks change.

Expected days are read off a calendar, expected moments are written in UTC: Berlin is two hours
ahead in summer and one in winter.
"""

from datetime import UTC, date, datetime, time
from itertools import islice

import pytest

from forms.series import MOST_OCCURRENCES, days_of, days_until, on_the_clock


@pytest.mark.parametrize(
    ("frequency", "interval", "first", "days"),
    [
        pytest.param(
            "weekly", 1, "2026-10-12", ["2026-10-12", "2026-10-19", "2026-10-26"], id="each week"
        ),
        pytest.param(
            "weekly", 2, "2026-12-21", ["2026-12-21", "2027-01-04", "2027-01-18"], id="over a year"
        ),
        pytest.param(
            "monthly", 1, "2026-01-13", ["2026-01-13", "2026-02-10", "2026-03-10"],
            id="second Tuesday",
        ),
        pytest.param(
            "monthly", 1, "2026-01-30", ["2026-01-30", "2026-02-27", "2026-03-27"],
            id="fifth Friday is the last one",
        ),
        pytest.param(
            "monthly", 3, "2026-02-02", ["2026-02-02", "2026-05-04", "2026-08-03"],
            id="first Monday of each quarter's second month",
        ),
    ],
)  # fmt: skip
def test_days_of_a_series(frequency, interval, first, days):
    found = days_of(frequency, interval, date.fromisoformat(first))
    assert [f"{day}" for day in islice(found, len(days))] == days


def test_last_day_is_one_of_them():
    first = date(2026, 3, 2)
    assert days_until("weekly", 1, first, date(2026, 3, 16))[-1] == date(2026, 3, 16)
    assert days_until("weekly", 1, first, date(2026, 3, 15))[-1] == date(2026, 3, 9)


def test_more_than_allowed_are_seen_to_be_more():
    days = days_until("weekly", 1, date(2026, 3, 2), date(2099, 1, 1))
    assert len(days) == MOST_OCCURRENCES + 1


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        pytest.param(date(2026, 3, 23), datetime(2026, 3, 23, 8, 0, tzinfo=UTC), id="winter"),
        pytest.param(date(2026, 3, 30), datetime(2026, 3, 30, 7, 0, tzinfo=UTC), id="summer"),
        pytest.param(date(2026, 10, 19), datetime(2026, 10, 19, 7, 0, tzinfo=UTC), id="October"),
        pytest.param(date(2026, 10, 26), datetime(2026, 10, 26, 8, 0, tzinfo=UTC), id="again"),
    ],
)
def test_nine_is_nine_on_the_wall(day, utc):
    assert on_the_clock(day, time(9)) == utc
