"""Two terms that price one kind of work: the first up to its limit, the next what is left."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.billing import (
    BillingError,
    Grain,
    Period,
    Work,
    check_prices,
    check_terms,
    compute,
    explain,
    facts_within,
    grain_of,
    parse_terms,
    segments,
)
from contracts.billing.hourly_rate import Cap
from contracts.billing.kept import positional

FIRST, LAST = date(2024, 1, 1), date(2024, 3, 31)
QUARTER = Period(FIRST, LAST)


def rate(key, amount, *, kinds=("talk",), **more):
    named = [kind if isinstance(kind, dict) else {"key": kind} for kind in kinds]
    terms = {"model": "hourly_rate", "key": key, "label": key.title(), "kinds": named}
    return parse_terms(terms | {"rates": [{"amount": amount}]} | more)


def hours(quantity, per="month"):
    return {"source": "fixed", "quantity": str(quantity), "per": per}


def record(day, minutes, number, **more):
    return Work(
        **{"kind": "talk", "case": "A"} | more,
        first=day,
        last=day,
        minutes=minutes,
        sources=f"{number}.1",
    )


def bill(terms, facts, period=QUARTER, *, amended=()):
    editions = [(FIRST, 1, terms)]
    editions += [(day, number, terms) for number, day in enumerate(amended, 2)]
    return compute(segments(editions, period, first=FIRST), facts_within(facts))


def figures(lines):
    return [(line.key, line.quantity, line.unbilled, line.amount) for line in lines]


FULL = rate("full", "60.00", cap=hours(10))
REST = rate("rest", "40.00", after=["full"])


def test_what_the_first_leaves_over_goes_to_the_next():
    """15 hours under a cap of ten: 10 × 60.00 and 5 × 40.00, each hour once."""
    facts = [record(date(2024, 1, day), 180, day) for day in (3, 5, 9, 12, 15)]

    full, rest = bill((FULL, REST), facts)

    assert (full.quantity, full.amount, full.unbilled) == (10, Decimal("600.00"), 0)
    assert (rest.quantity, rest.amount, rest.unbilled) == (5, Decimal("200.00"), 0)
    assert full.inputs["passed_on"] == {"rest": "300"}
    assert rest.inputs["left_by"] == ["full"]
    # The record of the 12th is shared: one hour of it goes to the first, two to the next.
    assert rest.sources == "12.1 15.1"
    assert explain(REST, rest)[-1].result == rest.amount


def test_three_in_a_row_and_what_no_one_pays():
    """12 hours: 5 × 60.00, 4 × 40.00, 2 × 20.00, and one hour that has no room anywhere."""
    first = rate("full", "60.00", cap=hours(5))
    second = rate("rest", "40.00", cap=hours(4), after=["full"])
    third = rate("last", "20.00", cap=hours(2), after=["full", "rest"])

    lines = bill((first, second, third), [record(FIRST, 720, 1)])

    assert figures(lines) == [
        ("full.work|A|2024-01-01", 5, 0, Decimal("300.00")),
        ("rest.work|A|2024-01-01", 4, 0, Decimal("160.00")),
        ("last.work|A|2024-01-01", 2, 1, Decimal("40.00")),
    ]


def test_what_the_next_does_not_price_stays_unbilled_with_the_first():
    """A cap of ten hours for talks and journeys; only talks go on."""
    first = rate("full", "60.00", kinds=("talk", "journey"), cap=hours(10))
    facts = [
        record(date(2024, 1, 3), 540, 1),
        record(date(2024, 1, 4), 120, 2, kind="journey"),
        record(date(2024, 1, 5), 120, 3),
    ]

    full, rest = bill((first, REST), facts)

    # Nine hours of talks, then one of two hours of the journey; the other has no room.
    assert (full.quantity, full.unbilled) == (10, 1)
    assert (rest.quantity, rest.amount) == (2, Decimal("80.00"))


@pytest.mark.parametrize(
    ("increment", "full", "rest"),
    [
        # Records of 20 minutes count 30 for the first: two fill the hour, the third goes on.
        pytest.param({"minutes": "30", "mode": "up", "per": "record"}, "1", "0.5", id="record"),
        pytest.param({"minutes": "30", "mode": "up", "per": "day"}, "1", "0.5", id="day"),
        # Sixty minutes of the month fill the hour: nothing goes on.
        pytest.param({"minutes": "30", "mode": "up", "per": "month"}, "1", None, id="month"),
    ],
)
def test_each_rounds_what_it_prices(increment, full, rest):
    terms = (
        rate("full", "60.00", cap=hours(1), increment=increment),
        rate("rest", "40.00", after=["full"], increment=increment),
    )
    facts = [record(date(2024, 1, day), 20, day) for day in (3, 4, 5)]

    found = {line.term: line.quantity for line in bill(terms, facts)}

    assert found == {"full": Decimal(full)} | ({"rest": Decimal(rest)} if rest else {})


def test_the_first_takes_its_month_where_a_rate_of_the_next_changes_inside_it():
    rest = rate("rest", "40.00", after=["full"])
    rest = rest.model_copy(
        update={
            "rates": (
                *rest.rates,
                rest.rates[0].model_copy(
                    update={"valid_from": date(2024, 1, 16), "amount": Decimal("50.00")}
                ),
            )
        }
    )
    facts = [record(date(2024, 1, 10), 720, 1), record(date(2024, 1, 20), 60, 2)]

    lines = bill((FULL, rest), facts)

    assert [(line.term, line.amount) for line in lines] == [
        ("full", Decimal("600.00")),
        ("full", Decimal("0.00")),
        ("rest", Decimal("80.00")),
        ("rest", Decimal("50.00")),
    ]


def test_under_a_plan_the_next_gets_what_the_plan_has_no_room_for():
    plan = rate("plan", "60.00", cap={"source": "support_plan"})
    rest = rate("rest", "40.00", after=["plan"])
    cut = {
        "first": Period(FIRST, date(2024, 1, 15)),
        "then": Period(date(2024, 1, 16), date(2024, 1, 31)),
    }
    facts = [
        record(date(2024, 1, 3), 600, 1, cap_minutes=Decimal(620), plan_days=cut["first"]),
        record(date(2024, 1, 20), 120, 2, cap_minutes=None, plan_days=cut["then"]),
    ]

    lines = bill((plan, rest), facts)

    # By days: 620 × 15/31 = 300 of 600 minutes; from the 16th there is no plan.
    assert figures(lines) == [
        ("plan.work|A|2024-01-01", 5, 0, Decimal("300.00")),
        ("rest.work|A|2024-01-01", 7, 0, Decimal("280.00")),
    ]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        pytest.param((FULL, rate("rest", "40.00")), "cannot be priced twice", id="not said"),
        pytest.param(
            (FULL, rate("rest", "40.00", after=["full"]), rate("last", "1", after=["full"])),
            "cannot be priced twice",
            id="two come next at once",
        ),
    ],
)
def test_one_kind_of_work_is_priced_twice_only_in_turns(terms, said):
    with pytest.raises(BillingError) as refused:
        check_prices(terms, FIRST)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("terms", "wrong", "allowed"),
    [
        pytest.param((REST, FULL), "full", "–", id="stands after it"),
        pytest.param((rate("full", "60"), REST), "full", "–", id="no cap"),
        pytest.param((rate("rest", "40", after=["rest"]),), "rest", "–", id="itself"),
        pytest.param(
            (FULL, rate("rest", "40", after=["rest"], cap=hours(1))),
            "rest",
            "full",
            id="itself with a cap",
        ),
        pytest.param(
            (FULL, rate("rest", "40", kinds=["journey"], after=["full"], cap=hours(1))),
            "full",
            "–",
            id="no work in common",
        ),
        pytest.param(
            (
                FULL,
                rate("else", "50", kinds=["journey"], cap=hours(1)),
                rate("rest", "40", after=["full", "else", "none"]),
            ),
            "else, none",
            "full",
            id="one of several fits",
        ),
    ],
)
def test_a_term_comes_after_earlier_ones_of_its_work_that_leave_something(terms, wrong, allowed):
    with pytest.raises(BillingError) as refused:
        check_terms(terms)
    said = str(refused.value)
    assert said.startswith(f"rest.after: {wrong} cannot come first; allowed: ")
    assert said.endswith(f": {allowed}")


def test_terms_in_turns_read_records_one_by_one_and_by_day():
    alone = grain_of(FULL, (FULL,))
    together = {grain_of(each, (FULL, REST)) for each in (FULL, REST)}

    assert (alone, alone.of_records, alone.of_days) == (Grain.MONTH, False, False)
    assert [(each.of_records, each.of_days) for each in together] == [(True, True)]


def test_terms_in_turns_are_accepted():
    check_terms((FULL, REST))
    check_prices((FULL, REST), FIRST)


INCREMENTS = st.sampled_from(
    [
        None,
        *(
            {"minutes": "15", "mode": mode, "per": per}
            for mode in ("up", "half_up", "down")
            for per in ("record", "day", "month")
        ),
    ]
)
KINDS = ("talk", "journey")
CAPS = st.builds(hours, st.integers(0, 12), st.sampled_from(["month", "year"]))
records = st.lists(
    st.tuples(
        st.dates(FIRST, LAST),
        st.integers(1, 300),
        st.sampled_from(["talk", "journey"]),
        st.sampled_from(["A", "B"]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
)


@st.composite
def in_turns(draw):
    """Two or three terms for the same two kinds of work; the last may be without a limit."""
    kinds = (
        {"key": "talk", "share": draw(st.sampled_from(["participant", "staff"]))},
        {"key": "journey", "weight": draw(st.sampled_from(["1", "0.5", "2"]))},
    )
    keys = ["one", "two", "three"][: draw(st.integers(2, 3))]
    terms = []
    for place, key in enumerate(keys):
        more = {"increment": draw(INCREMENTS)}
        if place < len(keys) - 1 or draw(st.booleans()):
            more["cap"] = draw(CAPS)
        terms.append(rate(key, "40.00", kinds=kinds, after=keys[:place], **more))
    return tuple(terms)


def as_facts(rows):
    return [
        record(day, minutes, number, kind=kind, case=case, participants=present)
        for number, (day, minutes, kind, case, present) in enumerate(rows, 1)
    ]


def rounded_up(terms):
    return terms.increment and terms.increment.model_copy(update={"mode": "up"})


@given(in_turns(), records)
def test_terms_without_room_pass_on_all_work_as_it_was_recorded(terms, rows):
    """However a term weights and rounds: what it does not take arrives as it was recorded.

    (What it rounds down to nothing it has taken.)
    """
    facts = as_facts(rows)
    full = tuple(
        each.model_copy(update={"cap": Cap(**hours(0)), "increment": rounded_up(each)})
        for each in terms
    )
    sink = rate("sink", "60.00", kinds=KINDS, after=[each.key for each in terms])

    lines = bill((*full, sink), facts)

    assert all(line.amount == 0 and line.unbilled == 0 for line in lines if line.term != "sink")
    found = [line for line in lines if line.term == "sink"]
    assert figures(found) == figures(bill((sink,), facts))
    assert [line.sources for line in found] == [line.sources for line in bill((sink,), facts)]


@given(in_turns(), records)
def test_a_later_term_never_gets_more_than_the_one_before(terms, rows):
    facts = as_facts(rows)
    sink = rate("sink", "60.00", kinds=KINDS)
    got = []
    for number in range(len(terms)):
        first = terms[:number]
        last = sink.model_copy(update={"after": tuple(each.key for each in first)})
        lines = bill((*first, last), facts)
        found = [explain(last, line)[-3].result for line in lines if line.term == "sink"]
        got.append(sum(map(Fraction, found)))
    assert got[0] * 60 == sum(fact.minutes for fact in facts)
    assert got == sorted(got, reverse=True)


def of_equal_records(facts):
    """The facts as rows of two and three equal records, as databases sum them up."""
    return [
        replace(
            fact,
            count=2 + place % 2,
            sources=" ".join(f"{3 * place + n}.1" for n in range(2 + place % 2)),
        )
        for place, fact in enumerate(facts)
    ]


@given(in_turns(), records, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_in_which_records_are_stored_changes_nothing(terms, rows, several, random):
    """Neither that of rows nor that in which a row of equal records names them."""
    facts = of_equal_records(as_facts(rows)) if several else as_facts(rows)
    stored = [
        replace(fact, sources=" ".join(random.sample(tokens, len(tokens))))
        for fact in random.sample(facts, len(facts))
        for tokens in [fact.sources.split()]
    ]

    assert bill(terms, stored) == bill(terms, facts)


def test_of_equal_records_the_later_ones_go_on():
    """Three records of four hours, ten hours are billed: of the last, two hours go on."""
    day = date(2024, 1, 3)
    row = replace(record(day, 240, 7), count=3)
    found = {
        line.sources
        for order in ("7.1 9.1 10.1", "10.1 7.1 9.1")
        for line in bill((FULL, REST), [replace(row, sources=order)])
    }

    assert found == {"7.1 9.1 10.1", "10.1"}


@given(in_turns(), records, st.dates(FIRST, LAST))
def test_an_edition_that_changes_no_term_changes_no_cent(terms, rows, amended):
    facts = as_facts(rows)

    assert figures(bill(terms, facts, amended=[amended])) == figures(bill(terms, facts))


@given(in_turns(), records)
def test_months_come_to_the_quarter(terms, rows):
    facts = as_facts(rows)
    months = [line for month in QUARTER.months() for line in bill(terms, facts, month)]

    assert sorted(figures(months)) == sorted(figures(bill(terms, facts)))


@given(in_turns(), records, st.sampled_from(["Z-", "0"]))
def test_a_case_of_another_number_comes_to_the_same(terms, rows, prefix):
    facts = as_facts(rows)
    swapped = [replace(fact, case=prefix + {"A": "2", "B": "1"}[fact.case]) for fact in facts]

    def amounts(lines):
        return sorted((line.term, line.first, line.quantity, line.amount) for line in lines)

    assert amounts(bill(terms, swapped)) == amounts(bill(terms, facts))


@given(in_turns(), records)
def test_each_line_can_be_explained_from_what_it_stores(terms, rows):
    by_key = {each.key: each for each in terms}
    for line in bill(terms, as_facts(rows)):
        assert explain(by_key[line.term], line)[-1].result == line.amount


@given(records)
def test_what_is_passed_on_is_what_arrives(rows):
    """Without weights and rounding the minutes that leave one term arrive at the other."""
    facts = as_facts(rows)
    kinds = ("talk", "journey")
    terms = (
        rate("full", "60.00", kinds=kinds, cap=hours(2)),
        rate("rest", "40.00", kinds=kinds, after=["full"]),
    )

    lines = bill(terms, facts)

    sent = {
        (line.case, line.first): Fraction(line.inputs["passed_on"]["rest"])
        for line in lines
        if "passed_on" in line.inputs
    }
    arrived = {
        (line.case, line.first): sum(Fraction(row[2]) for row in positional(line.inputs)["work"])
        for line in lines
        if line.term == "rest"
    }
    assert arrived == sent
    full = [line for line in lines if line.term == "full"]
    taken = sum(Fraction(explain(terms[0], line)[-3].result) for line in full)
    assert taken * 60 + sum(sent.values()) == sum(fact.minutes for fact in facts)
    assert all(line.unbilled == 0 for line in lines)
