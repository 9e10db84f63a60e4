"""The limit per person: one balance, whatever cases the person has under the contract."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.billing import (
    Period,
    Work,
    compute,
    explain,
    facts_within,
    parse_terms,
    segments,
)

FIRST, LAST = date(2024, 1, 1), date(2024, 6, 30)
HALF = Period(FIRST, LAST)
CENT = Decimal("0.01")


def rate(limit, *, key="fls", amount="60.00", kinds=("talk",), **more):
    terms = {"model": "hourly_rate", "key": key, "label": "FLS", "person_limit": limit}
    terms |= {"kinds": [{"key": kind} for kind in kinds], "rates": [{"amount": amount}]}
    return parse_terms(terms | more)


def record(day, minutes, case="A", person="p", **more):
    values = {"kind": "talk", "case": case, "person": person, "sources": "1.1"} | more
    return Work(first=day, last=day, minutes=minutes, **values)


def bill(terms, facts, period=HALF, amended=()):
    terms = terms if isinstance(terms, tuple) else (terms,)
    editions = [(FIRST, 1, terms)]
    editions += [(day, number, terms) for number, day in enumerate(amended, 2)]
    return compute(segments(editions, period, first=FIRST), facts_within(facts))


def figures(lines):
    return [(line.key, line.quantity, line.unbilled, line.amount) for line in lines]


def by_case(lines):
    return {
        (line.case, line.first.month): (line.quantity, line.unbilled, line.amount) for line in lines
    }


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        # 8 h in case A and 6 h in case B in January, 5 h in case B in February; 10 h a person.
        pytest.param("month", {("A", 1): (8, 0), ("B", 1): (2, 4), ("B", 2): (5, 0)}, id="month"),
        pytest.param("year", {("A", 1): (8, 0), ("B", 1): (2, 4), ("B", 2): (0, 5)}, id="year"),
        pytest.param("contract", {("A", 1): (8, 0), ("B", 1): (2, 4), ("B", 2): (0, 5)}, id="all"),
    ],
)
def test_all_cases_of_a_person_fill_one_limit(per, expected):
    facts = [
        record(date(2024, 1, 3), 480, "A"),
        record(date(2024, 1, 10), 360, "B"),
        record(date(2024, 2, 3), 300, "B"),
        record(date(2024, 1, 2), 600, "C", person="somebody else"),
    ]

    found = by_case(bill(rate({"quantity": "10", "per": per}), facts))

    assert found.pop(("C", 1)) == (10, 0, Decimal("600.00"))
    assert {place: tuple(map(int, value[:2])) for place, value in found.items()} == expected


def test_what_was_worked_first_has_room_whatever_the_case_is_called():
    """B works on the 2nd and 20th, A on the 10th; nine hours: 4 + 4, then one of B's four."""
    facts = [
        record(date(2024, 1, 2), 240, "B"),
        record(date(2024, 1, 10), 240, "A"),
        record(date(2024, 1, 20), 240, "B"),
    ]

    found = by_case(bill(rate({"quantity": "9", "per": "year"}), facts))

    assert found["A", 1] == (4, 0, Decimal("240.00"))
    assert found["B", 1] == (5, 3, Decimal("300.00"))


def test_what_reaches_the_limit_on_one_day_shares_it():
    """Two hours and one hour on one day, 90 minutes are left: 60 and 30."""
    day = date(2024, 1, 2)

    found = bill(rate({"quantity": "1.5", "per": "year"}), [record(day, 120), record(day, 60, "B")])

    assert [line.quantity for line in found] == [1, Decimal("0.5")]


def test_an_amount_is_never_exceeded():
    """1,000.00 a person: 700.00 in January, 300.00 of 360.00 in February; exact to the cent."""
    facts = [record(date(2024, 1, 3), 700), record(date(2024, 2, 3), 360, "B")]

    january, february = bill(rate({"amount": "1000", "per": "contract"}), facts)

    assert (january.amount, january.unbilled) == (Decimal("700.00"), 0)
    assert (february.amount, february.unbilled) == (Decimal("300.00"), 1)
    steps = [step.rule for step in explain(rate({"amount": "1000", "per": "contract"}), february)]
    assert "the person's limit less what is used" in steps
    assert february.inputs["limit"]["used"] == "700.00"


def test_with_a_plan_the_smaller_of_both_counts():
    """Twelve hours a month by plan, twenty a person: 12 of 14 in January, 8 of 10 in February."""
    terms = rate({"quantity": "20", "per": "year"}, cap={"source": "support_plan"})
    facts = [
        record(date(2024, 1, 3), 840, cap_minutes=Decimal(720)),
        record(date(2024, 2, 3), 600, cap_minutes=Decimal(720)),
    ]

    lines = bill(terms, facts)

    assert [(line.quantity, line.unbilled) for line in lines] == [(12, 2), (8, 2)]


def test_a_limit_holds_for_both_parts_of_a_month_in_which_the_plan_changes():
    """By days 15/31 and 16/31 of 31 hours are 15 and 16; the person may have 20."""
    parts = Period(FIRST, date(2024, 1, 15)), Period(date(2024, 1, 16), date(2024, 1, 31))
    terms = rate({"quantity": "20", "per": "month"}, cap={"source": "support_plan"})
    facts = [
        record(days.first, 1200, cap_minutes=Decimal(31 * 60 + number), plan_days=days)
        for number, days in enumerate(parts)
    ]

    (line,) = bill(terms, facts)

    assert (line.quantity, line.unbilled) == (20, 20)
    assert explain(terms, line)[-1].result == line.amount


def test_what_a_person_may_not_have_goes_to_the_term_that_comes_after():
    full = rate({"quantity": "2", "per": "year"})
    rest = rate(None, key="rest", amount="10.00", after=["fls"])
    facts = [record(date(2024, 1, 3), 90), record(date(2024, 1, 4), 90, "B")]

    lines = bill((full, rest), facts)

    assert [(line.term, line.case, line.amount, line.unbilled) for line in lines] == [
        ("fls", "A", Decimal("90.00"), 0),
        ("fls", "B", Decimal("30.00"), 0),
        ("rest", "B", Decimal("10.00"), 0),
    ]


def test_what_was_used_before_a_limit_was_agreed_counts():
    before, since = rate(None), rate({"quantity": "10", "per": "year"})
    editions = [(FIRST, 1, (before,)), (date(2024, 3, 1), 2, (since,))]
    facts = [record(date(2024, 1, 3), 540), record(date(2024, 3, 3), 120, "B")]
    run = segments(editions, Period.parse("2024-03"), first=FIRST)

    (line,) = compute(run, facts_within(facts))

    assert (line.quantity, line.unbilled) == (1, 1)


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param({"per": "year"}, id="nothing"),
        pytest.param({"per": "year", "quantity": "1", "amount": "1"}, id="both"),
        pytest.param({"quantity": "1"}, id="no stretch of time"),
    ],
)
def test_a_limit_is_a_quantity_or_an_amount(limit):
    with pytest.raises(ValidationError):
        rate(limit)


def test_an_amount_is_asked_last():
    with pytest.raises(ValidationError, match="the cap comes last"):
        rate({"amount": "1", "per": "year"}, order=["weight", "cap", "increment"])


MEASURES = st.one_of(
    st.builds(lambda hours: {"quantity": str(hours)}, st.integers(0, 20)),
    st.builds(lambda cents: {"amount": f"{Decimal(cents) / 100:.2f}"}, st.integers(0, 120000)),
)
LIMITS = st.builds(
    lambda measure, per: measure | {"per": per},
    MEASURES,
    st.sampled_from(["month", "year", "contract"]),
)
INCREMENTS = st.sampled_from(
    [None] + [{"minutes": "15", "mode": "up", "per": per} for per in ("record", "day", "month")]
)
CAPS = st.sampled_from([None, {"source": "fixed", "quantity": "5"}])
terms_of = st.builds(
    lambda limit, increment, cap: rate(limit, amount="64.90", increment=increment, cap=cap),
    LIMITS,
    INCREMENTS,
    CAPS,
)
records = st.lists(
    st.tuples(
        st.dates(FIRST, LAST),
        st.integers(1, 300),
        st.sampled_from(["A", "B", "C"]),
    ),
    min_size=1,
    max_size=10,
)
PERSONS = {"A": "p", "B": "p", "C": "q"}


def as_facts(rows):
    return [
        record(day, minutes, case, PERSONS[case], sources=f"{number}.1")
        for number, (day, minutes, case) in enumerate(rows, 1)
    ]


def hours(terms, lines):
    """What is billed of them all together."""
    return sum(Fraction(explain(terms, line)[-3].result) for line in lines)


def spans(line, per):
    return {
        "month": (line.first.year, line.first.month),
        "year": line.first.year,
        "contract": "",
    }[per]


@given(terms_of, records)
def test_no_person_has_more_than_the_limit(terms, rows):
    lines = bill(terms, as_facts(rows))
    limit, used, over = terms.person_limit, defaultdict(Fraction), set()
    for line in lines:
        owner = PERSONS[line.case], spans(line, limit.per)
        if limit.amount is None:
            used[owner] += Fraction(explain(terms, line)[-3].result)
        else:
            used[owner] += Fraction(line.amount)
        if line.unbilled and terms.cap is None:
            over.add(owner)
    most = Fraction(limit.quantity if limit.amount is None else limit.amount)
    assert all(each <= most for each in used.values())
    # Nothing is left unbilled as long as there is room (but for parts of a cent).
    assert all(most - used[owner] < Fraction(2, 100) for owner in over)


@given(terms_of, records, st.randoms(use_true_random=False))
def test_the_order_in_which_records_are_stored_changes_nothing(terms, rows, random):
    facts = as_facts(rows)

    assert bill(terms, random.sample(facts, len(facts))) == bill(terms, facts)


@given(terms_of, records, st.dates(FIRST, LAST))
def test_an_edition_that_changes_no_term_changes_no_cent(terms, rows, amended):
    facts = as_facts(rows)

    assert figures(bill(terms, facts, amended=[amended])) == figures(bill(terms, facts))


@given(terms_of, records)
def test_months_come_to_the_half_year(terms, rows):
    facts = as_facts(rows)
    months = [line for month in HALF.months() for line in bill(terms, facts, month)]

    assert sorted(figures(months)) == sorted(figures(bill(terms, facts)))


@given(terms_of, records, st.permutations(["1", "2", "3"]))
def test_cases_of_other_numbers_come_to_the_same(terms, rows, numbers):
    """In minutes each case by itself; in cents too, but for amounts two cases share on a day."""
    facts = as_facts(rows)
    names = dict(zip("ABC", numbers, strict=True))
    renamed = [replace(fact, case=names[fact.case]) for fact in facts]

    found, known = bill(terms, renamed), bill(terms, facts)

    if terms.person_limit.amount is None:
        expected = {(names[line.case], line.first): line.amount for line in known}
        assert {(line.case, line.first): line.amount for line in found} == expected
    assert sum(line.amount for line in found) == sum(line.amount for line in known)


@given(terms_of, records, st.dates(FIRST, LAST - timedelta(days=1)))
def test_a_change_of_the_case_s_number_goes_on_with_what_is_used(terms, rows, changed):
    """A new case of the person, from any day on, has no limit of its own."""
    terms = terms.model_copy(update={"cap": None, "increment": None})
    facts = [replace(fact, case="A", person="p") for fact in as_facts(rows)]
    moved = [replace(fact, case="Z" if fact.first > changed else "A") for fact in facts]

    known, found = bill(terms, facts), bill(terms, moved)

    if terms.person_limit.amount is None:
        assert hours(terms, found) == hours(terms, known)
    else:
        # Lines are rounded each by itself: the month of the change has one more.
        assert abs(sum(line.amount for line in found) - sum(line.amount for line in known)) <= CENT


@given(terms_of, records)
def test_each_line_can_be_explained_from_what_it_stores(terms, rows):
    for line in bill(terms, as_facts(rows)):
        assert explain(terms, line)[-1].result == line.amount
