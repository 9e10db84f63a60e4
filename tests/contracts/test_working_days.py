"""Working days by state, with dates looked up in printed calendars."""

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.content import Refusal
from contracts.dates.working_days import KEPT_IN, STATES, Calendar, last_day_of_month

NRW = Calendar("NW")
DAYS = st.dates(date(2010, 1, 1), date(2040, 12, 31))


def d(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("state", "month", "expected"),
    [
        pytest.param("NW", "2024-03-01", "2024-03-28", id="NW: Good Friday, then Easter weekend"),
        pytest.param("NW", "2029-05-15", "2029-05-30", id="NW: Corpus Christi on 31 May 2029"),
        pytest.param("NW", "2024-10-31", "2024-10-31", id="NW: Reformation Day is worked"),
        pytest.param("NI", "2024-10-31", "2024-10-30", id="NI: Reformation Day is free"),
        pytest.param("HE", "2029-05-15", "2029-05-30", id="HE: Corpus Christi as in NW"),
        pytest.param("BE", "2029-05-15", "2029-05-31", id="BE: Corpus Christi is worked"),
        pytest.param("NW", "2024-02-10", "2024-02-29", id="leap day"),
        pytest.param("NW", "2026-01-10", "2026-01-30", id="Saturday 31 January 2026"),
    ],
)
def test_last_working_day_of_month(state, month, expected):
    assert Calendar(state).last_working_day_of_month(d(month)) == d(expected)


@pytest.mark.parametrize(
    ("state", "day", "is_free"),
    [
        pytest.param("BB", "2024-10-31", True, id="BB: Reformation Day"),
        pytest.param("BE", "2024-03-08", True, id="BE: Women's Day"),
        pytest.param("BW", "2025-01-06", True, id="BW: Epiphany"),
        pytest.param("BY", "2024-11-01", True, id="BY: All Saints"),
        pytest.param("HB", "2024-10-31", True, id="HB: Reformation Day"),
        pytest.param("HE", "2024-05-30", True, id="HE: Corpus Christi"),
        pytest.param("HH", "2024-10-31", True, id="HH: Reformation Day"),
        pytest.param("MV", "2024-03-08", True, id="MV: Women's Day"),
        pytest.param("NI", "2024-11-01", False, id="NI: All Saints is worked"),
        pytest.param("NW", "2024-11-01", True, id="NW: All Saints"),
        pytest.param("RP", "2024-05-30", True, id="RP: Corpus Christi"),
        pytest.param("SH", "2024-10-31", True, id="SH: Reformation Day"),
        pytest.param("SL", "2024-08-15", True, id="SL: Assumption"),
        pytest.param("SN", "2024-11-20", True, id="SN: Repentance Day"),
        pytest.param("ST", "2025-01-06", True, id="ST: Epiphany"),
        pytest.param("TH", "2024-09-20", True, id="TH: Children's Day"),
        pytest.param("NW", "2017-10-31", True, id="everywhere: Reformation Day 2017"),
    ],
)
def test_each_state_has_its_own_holidays(state, day, is_free):
    assert Calendar(state).is_working_day(d(day)) is not is_free


def test_all_sixteen_states_know_the_day_of_unity():
    assert len(STATES) == 16
    assert not any(Calendar(state).is_working_day(d("2024-10-03")) for state in STATES)


def test_unknown_state_is_refused_with_the_allowed_ones():
    with pytest.raises(ValueError, match="XX is unknown; allowed: BB, BE, BW, .*TH"):
        Calendar("XX")


@pytest.mark.parametrize(
    ("day", "forward", "backward"),
    [
        pytest.param("2024-03-31", "2024-04-02", "2024-03-28", id="Easter Sunday"),
        pytest.param("2024-05-30", "2024-05-31", "2024-05-29", id="Corpus Christi"),
        pytest.param("2024-05-29", "2024-05-29", "2024-05-29", id="a working day stays"),
        pytest.param("2024-12-25", "2024-12-27", "2024-12-24", id="Christmas"),
    ],
)
def test_moving_to_a_working_day(day, forward, backward):
    assert NRW.next_working_day(d(day)) == d(forward)
    assert NRW.previous_working_day(d(day)) == d(backward)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param("2024-05-29", 2, "2024-06-03", id="check of papers over Corpus Christi"),
        pytest.param("2024-12-12", 2, "2024-12-16", id="check of papers over a weekend"),
        pytest.param("2024-12-12", 0, "2024-12-12", id="none, from a working day"),
        pytest.param("2024-12-14", 0, "2024-12-16", id="none, from a Saturday"),
        pytest.param("2024-12-14", 1, "2024-12-16", id="one, from a Saturday"),
    ],
)
def test_adding_working_days(day, count, expected):
    assert NRW.add_working_days(d(day), count) == d(expected)


def test_working_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="forward only"):
        NRW.add_working_days(d("2024-12-12"), -1)


def test_days_before_christmas_and_new_year_are_switched_off_separately():
    christmas_eve, new_years_eve = d("2024-12-24"), d("2024-12-31")

    assert NRW.is_working_day(christmas_eve) and NRW.is_working_day(new_years_eve)
    only_christmas = Calendar("NW", christmas_eve_off=True)
    assert not only_christmas.is_working_day(christmas_eve)
    assert only_christmas.is_working_day(new_years_eve)
    only_new_year = Calendar("NW", new_years_eve_off=True)
    assert only_new_year.is_working_day(christmas_eve)
    assert only_new_year.last_working_day_of_month(new_years_eve) == d("2024-12-30")


def test_configured_days_win_over_the_state():
    carnival, saturday, christmas_eve = d("2024-02-12"), d("2024-12-14"), d("2024-12-24")
    configured = Calendar(
        "NW",
        extra_holidays=frozenset({carnival}),
        working_days=frozenset({saturday, christmas_eve}),
        christmas_eve_off=True,
    )

    assert not configured.is_working_day(carnival)
    assert configured.is_working_day(saturday)
    assert configured.is_working_day(christmas_eve)


def test_a_day_cannot_be_both_holiday_and_working_day():
    day = frozenset({d("2024-02-12")})
    with pytest.raises(ValueError, match="2024-02-12"):
        Calendar("NW", extra_holidays=day, working_days=day)


def test_a_month_without_working_days_has_no_last_one():
    february = frozenset(date(2024, 2, number) for number in range(1, 30))
    with pytest.raises(ValueError, match="2024-02"):
        Calendar("NW", extra_holidays=february).last_working_day_of_month(d("2024-02-10"))


def test_years_without_known_holidays_are_refused_not_guessed():
    with pytest.raises(ValueError, match="2150 are not known"):
        NRW.is_working_day(date(2150, 6, 1))


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2024-05-30", "Fronleichnam"),
        ("2024-04-01", "Ostermontag"),
        ("2024-03-31", "Sunday"),
        ("2024-03-30", "Saturday"),
        ("2024-03-28", None),
    ],
)
def test_reasons_for_a_free_day(day, reason):
    assert NRW.reason_off(d(day)) == reason


def _known(year: int, **place) -> set[date]:
    return set(holidays.Germany(years=year, expand=False, **place))


@pytest.mark.parametrize("state", STATES)
def test_local_holidays_are_known_where_the_library_has_them(state):
    """All states: a category or a city that a later version of the library adds is met here."""
    local = {category for category in holidays.Germany.supported_categories} - {"public", "school"}
    assert local == {"catholic"}
    assert set(holidays.Germany.subdivisions) - set(STATES) == {"Augsburg"}
    has_more = bool(_known(2024, subdiv=state, categories=local) - _known(2024, subdiv=state))

    assert (state in KEPT_IN["catholic"]) is has_more


@pytest.mark.parametrize(
    ("state", "local", "added"),
    [
        ("BY", "none", []),
        ("BY", "catholic", ["2024-08-15", "2025-08-15", "2026-08-15"]),
        ("SN", "catholic", ["2024-05-30", "2025-06-19", "2026-06-04"]),
        ("TH", "catholic", ["2024-05-30", "2025-06-19", "2026-06-04"]),
        (
            "BY", "augsburg",
            ["2024-08-08", "2024-08-15", "2025-08-08", "2025-08-15", "2026-08-08", "2026-08-15"],
        ),
    ],
)  # fmt: skip
def test_local_holidays_add_these_days_of_each_year_and_take_none_away(state, local, added):
    first = d("2024-01-01")
    days = [first + timedelta(days=number) for number in range(3 * 365 + 1)]
    here, whole = Calendar(state, local_holidays=local), Calendar(state)

    changed = {day for day in days if here.reason_off(day) != whole.reason_off(day)}

    # 8 and 15 August 2026 are Saturdays: named as holidays all the same.
    assert changed == {d(day) for day in added}
    assert not any(here.is_working_day(day) for day in changed)


@pytest.mark.parametrize(
    ("state", "local"), [("NW", "catholic"), ("SN", "augsburg"), ("BY", "protestant")]
)
def test_local_holidays_no_place_of_a_state_has_are_refused(state, local):
    with pytest.raises(Refusal, match=f"{local}: no place in state {state}"):
        Calendar(state, local_holidays=local)


@given(DAYS, st.sampled_from(list(STATES)))
def test_moving_finds_the_nearest_working_day(day, state):
    days = Calendar(state)
    forward, backward = days.next_working_day(day), days.previous_working_day(day)

    assert backward <= day <= forward
    assert days.is_working_day(forward) and days.is_working_day(backward)
    assert (forward == day) == (backward == day) == days.is_working_day(day)


@given(DAYS)
def test_the_last_day_of_a_month_is_followed_by_a_first(day):
    last = last_day_of_month(day)

    assert (last.year, last.month) == (day.year, day.month)
    assert date.fromordinal(last.toordinal() + 1).day == 1
