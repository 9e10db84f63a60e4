"""What must not change a cent, for every model of remuneration that is registered.

Terms are those of the models' worked examples, facts those that the models choose to show what
terms come to (`example_facts`), so that a model that is added is tested by itself.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.billing import MODELS, Facts, Grain, Period, compute, model_of, parse_terms, segments
from contracts.billing.facts import Completion, Cost, Work
from contracts.billing.scheme import Configured, Dated

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
YEAR = Period(FIRST, LAST)
KINDS = {Facts.WORK: Work, Facts.COST: Cost, Facts.COMPLETION: Completion}

TERMS = {
    f"{name}: {example.name}": example.terms
    for name, module in MODELS.items()
    for example in module.EXAMPLES
}
every_model = pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
days = st.dates(FIRST, LAST)
some_days = st.lists(days, min_size=1, max_size=6)
seeds = st.randoms(use_true_random=False)


def facts_of(terms, begun) -> list:
    """Facts that begin on these days, each with a source of its own."""
    found = [fact for day in begun for fact in model_of(terms).example_facts(terms, day)]
    found = [fact for fact in found if YEAR.contains(day_of(fact))]
    return [replace(fact, sources=f"{number}.1") for number, fact in enumerate(found, 1)]


def day_of(fact) -> date:
    return fact.day if isinstance(fact, Completion) else fact.first


def bill(editions, facts, period=YEAR):
    def source(segment, terms):
        kind = KINDS[model_of(terms).FACTS]
        return [
            fact
            for fact in facts
            if isinstance(fact, kind) and segment.period.contains(day_of(fact))
        ]

    return compute(segments(editions, period, first=FIRST), source)


def figures(lines) -> list:
    return [
        (line.key, line.first, line.last, line.quantity, line.rate, line.amount, line.unbilled)
        for line in lines
    ]


def totals(lines) -> dict:
    found = defaultdict(Decimal)
    for line in lines:
        found[line.term, line.component] += line.amount
    return found


def reworded(value):
    """The same terms in other words: every field that is only printed says something else."""
    if isinstance(value, Configured):
        return value.model_copy(
            update={
                name: f"{getattr(value, name)}*"
                if name in value.wording and isinstance(getattr(value, name), str)
                else reworded(getattr(value, name))
                for name in type(value).model_fields
            }
        )
    return tuple(map(reworded, value)) if isinstance(value, tuple) else value


def with_an_amount_to_come(value):
    """The same terms with every dated amount doubled from the year after."""
    if isinstance(value, tuple) and value and isinstance(value[0], Dated):
        later = value[-1].model_copy(
            update={"valid_from": LAST + timedelta(days=1), "amount": value[-1].amount * 2}
        )
        return (*value, later)
    if isinstance(value, Configured):
        names = type(value).model_fields
        return value.model_copy(
            update={name: with_an_amount_to_come(getattr(value, name)) for name in names}
        )
    return tuple(map(with_an_amount_to_come, value)) if isinstance(value, tuple) else value


UNRELATED = parse_terms(
    {
        "model": "hourly_rate",
        "key": "unrelated",
        "label": "Unrelated",
        "kinds": [{"key": "of no record"}],
        "rates": [{"amount": "1"}, {"amount": "2", "valid_from": "2024-05-17"}],
    }
)


@every_model
@given(some_days, st.lists(days, min_size=1, max_size=3, unique=True))
def test_an_edition_that_changes_no_term_changes_no_cent(terms, begun, amended):
    facts = facts_of(terms, begun)
    told = reworded(terms)
    editions = [(FIRST, 1, (terms,))]
    editions += [
        (day, number, (told if number % 2 else with_an_amount_to_come(told),))
        for number, day in enumerate(amended, 2)
    ]
    assert told != terms

    lines = bill(editions, facts)

    assert figures(lines) == figures(bill([(FIRST, 1, (terms,))], facts))
    # The words are those of the edition in force on the line's first day; all are named.
    for line in lines:
        numbers = {number for day, number, _ in editions if day <= line.first}
        assert line.label.endswith("*") == (max(numbers) > 1)
        first = max(numbers)
        assert line.inputs.get("editions", [first])[0] == first


@every_model
@given(some_days, days)
def test_a_change_of_one_term_cuts_no_other(terms, begun, amended):
    facts = facts_of(terms, begun)
    editions = [(FIRST, 1, (terms,)), (amended, 2, (UNRELATED, terms))]

    lines = [line for line in bill(editions, facts) if line.term == terms.key]

    assert figures(lines) == figures(bill([(FIRST, 1, (terms,))], facts))


@every_model
@given(some_days, seeds)
def test_the_order_in_which_facts_arrive_changes_nothing(terms, begun, random):
    facts = facts_of(terms, begun)
    mixed = random.sample(facts, len(facts))

    assert bill([(FIRST, 1, (terms,))], mixed) == bill([(FIRST, 1, (terms,))], facts)


@every_model
@given(some_days, st.sampled_from(["A", "0", "Z-9"]))
def test_a_case_of_another_number_comes_to_the_same(terms, begun, number):
    facts = facts_of(terms, begun)
    named = [
        replace(fact, case=f"{number}{fact.case}") if hasattr(fact, "case") else fact
        for fact in facts
    ]

    found = bill([(FIRST, 1, (terms,))], named)

    assert totals(found) == totals(bill([(FIRST, 1, (terms,))], facts))


@every_model
@given(some_days)
def test_months_come_to_the_year(terms, begun):
    """Line by line where lines are about less than a period; otherwise what is agreed a year."""
    facts = facts_of(terms, begun)
    editions = [(FIRST, 1, (terms,))]

    whole = bill(editions, facts)
    parts = [line for month in YEAR.months() for line in bill(editions, facts, month)]

    if model_of(terms).grain(terms) is not Grain.PERIOD:
        assert figures(parts) == figures(whole)
        return
    free = {part.key for part in terms.components if getattr(part, "minimum", ...) is None}
    months, year = totals(parts), totals(whole)
    agreed = [place for place in year if place[1] not in free]
    assert agreed
    assert [months[place] for place in agreed] == [year[place] for place in agreed]
