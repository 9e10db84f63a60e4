"""Price per service complex: each stage once, in order where the terms say so."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.billing import (
    BillingError,
    Completion,
    Period,
    compute,
    explain,
    facts_within,
    parse_terms,
    segments,
)

BEGIN = date(2023, 1, 1)


def stage(key, *prices):
    return {
        "key": key,
        "label": key,
        "prices": [{"amount": amount, "valid_from": start} for amount, start in prices],
    }


STAGES = [
    stage("LK1", ("180.00", None), ("190.00", "2024-07-01")),
    stage("LK2", ("420.00", None)),
    stage("LK3", ("260.00", None)),
]


def complexes(stages=STAGES, **more):
    return parse_terms(
        {
            "model": "service_complexes",
            "key": "lk",
            "label": "Complexes",
            "clause": "§ 6",
            "stages": stages,
            **more,
        }
    )


def done(stage, day, source="1.1", case="A"):
    return Completion(stage=stage, case=case, day=date.fromisoformat(day), sources=source)


def bill(terms, facts, period="2024", editions=None):
    run = segments(editions or [(BEGIN, 1, (terms,))], Period.parse(period), first=BEGIN)
    return compute(run, facts_within(facts))


def amounts(lines):
    return {line.key: str(line.amount) for line in lines}


def test_each_stage_is_billed_once_per_case():
    facts = [
        done("LK1", "2024-01-15"),
        done("LK1", "2024-02-15", "2.1"),
        done("LK1", "2024-02-20", "3.1", case="B"),
    ]

    lines = bill(complexes(), facts)

    assert amounts(lines) == {
        "lk.LK1|A|2024-01-15": "180.00",
        "lk.LK1|A|2024-02-15": "0.00",
        "lk.LK1|B|2024-02-20": "180.00",
    }
    assert (lines[1].quantity, lines[1].unbilled) == (0, 1)
    assert lines[1].inputs["reason"] == "billed before"
    assert lines[1].inputs["billed"] == "2024-01-15"


def test_what_an_earlier_period_billed_is_not_billed_again():
    facts = [done("LK1", "2023-01-01"), done("LK1", "2024-03-03", "2.1")]

    assert amounts(bill(complexes(), facts)) == {"lk.LK1|A|2024-03-03": "0.00"}


def test_of_two_completions_on_a_day_the_earlier_record_is_billed():
    facts = [done("LK1", "2024-01-15", "10.1"), done("LK1", "2024-01-15", "9.4")]

    lines = bill(complexes(), facts)

    assert [(line.key, str(line.amount), line.sources) for line in lines] == [
        ("lk.LK1|A|2024-01-15", "180.00", "9.4"),
        ("lk.LK1|A|2024-01-15|2", "0.00", "10.1"),
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            [done("LK1", "2024-01-01"), done("LK2", "2024-02-01")], ["180.00", "420.00"], id="kept"
        ),
        pytest.param(
            [done("LK2", "2024-01-01"), done("LK1", "2024-01-01")],
            ["180.00", "420.00"],
            id="on the same day",
        ),
        pytest.param(
            [done("LK2", "2024-01-01"), done("LK1", "2024-02-01")], ["0.00", "180.00"], id="broken"
        ),
        pytest.param([done("LK3", "2024-01-01")], ["0.00"], id="nothing before"),
        pytest.param(
            [
                done("LK2", "2024-01-01"),
                done("LK1", "2024-02-01"),
                done("LK2", "2024-03-01", "5.1"),
            ],
            ["0.00", "180.00", "420.00"],
            id="completed again in its turn",
        ),
        pytest.param(
            [done("LK1", "2024-01-01", case="B"), done("LK2", "2024-02-01")],
            ["180.00", "0.00"],
            id="another case does not count",
        ),
    ],
)
def test_order_of_stages(facts, expected):
    lines = bill(complexes(in_order=True), facts)

    assert [str(line.amount) for line in lines] == expected
    for line in lines:
        assert (line.inputs.get("reason") == "stage before not completed") == (line.amount == 0)


def test_without_order_any_stage_may_come_first():
    assert amounts(bill(complexes(), [done("LK3", "2024-01-01")])) == {
        "lk.LK3|A|2024-01-01": "260.00"
    }


@pytest.mark.parametrize(
    ("day", "price"), [("2024-06-30", "180.00"), ("2024-07-01", "190.00"), ("2024-12-31", "190.00")]
)
def test_the_day_of_completion_decides_the_price(day, price):
    line = bill(complexes(), [done("LK1", day)])[0]

    assert (str(line.rate), str(line.amount)) == (price, price)
    assert explain(complexes(), line)[-1].result == Decimal(price)


def test_an_amendment_does_not_open_a_stage_again():
    dearer = complexes([stage("LK1", ("500.00", None))])
    facts = [done("LK1", "2024-01-15"), done("LK1", "2024-05-15", "2.1")]

    lines = bill(
        None, facts, editions=[(BEGIN, 1, (complexes(),)), (date(2024, 4, 1), 2, (dearer,))]
    )

    assert [str(line.amount) for line in lines] == ["180.00", "0.00"]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        pytest.param(
            [done("LK9", "2024-01-01")], "lk: stage LK9 .*LK1, LK2, LK3", id="unknown stage"
        ),
        pytest.param(
            [done("LK1", "2024-01-01")], "lk.LK1: 2024-01-01 .*from 2024-07-01", id="no price yet"
        ),
    ],
)
def test_completions_that_cannot_be_billed(facts, message):
    stages = [stage("LK1", ("190.00", "2024-07-01")), *STAGES[1:]]

    with pytest.raises(BillingError, match=message):
        bill(complexes(stages), facts)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        pytest.param([], "stages", id="no stages"),
        pytest.param([STAGES[0], STAGES[0]], "stages: LK1 stands more", id="stage twice"),
        pytest.param([stage("LK1")], "at least one amount", id="no price"),
        pytest.param([stage("LK1", ("1", None), ("2", None))], "same day", id="two prices"),
    ],
)
def test_terms_that_make_no_sense_are_refused(stages, message):
    with pytest.raises(ValidationError, match=message):
        complexes(stages)


completions = st.lists(
    st.tuples(st.sampled_from(["LK1", "LK2", "LK3"]), st.integers(0, 365), st.integers(1, 3)),
    max_size=15,
)


@settings(deadline=None)
@given(completions, st.booleans(), st.integers(0, 99))
def test_a_year_is_the_sum_of_its_months_whatever_the_order_of_facts(rows, in_order, seed):
    facts = [
        Completion(
            stage=key, case=case, day=date(2024, 1, 1) + timedelta(days=day), sources=f"{number}.1"
        )
        for number, (key, day, case) in enumerate(rows)
    ]
    terms = complexes(in_order=in_order)
    shuffled = random.Random(seed).sample(facts, len(facts))

    year = bill(terms, facts)
    by_month = [
        line for month in range(1, 13) for line in bill(terms, shuffled, f"2024-{month:02}")
    ]

    assert sorted(by_month, key=lambda line: line.key) == sorted(year, key=lambda line: line.key)
    billed = [(line.case, line.component) for line in year if line.amount]
    assert len(billed) == len(set(billed))
    assert len(year) == len(facts)


@pytest.mark.parametrize("period", ["2024", "2024-H2"])
def test_a_stage_is_billed_once_whichever_terms_price_it(period):
    editions = [(BEGIN, 1, (complexes(),)), (date(2024, 7, 1), 2, (complexes(key="new"),))]
    facts = [done("LK1", "2024-01-15"), done("LK1", "2024-08-01", "2.1"), done("LK2", "2024-08-02")]

    found = amounts(bill(None, facts, period, editions))

    assert found["new.LK1|A|2024-08-01"] == "0.00"
    assert found["new.LK2|A|2024-08-02"] == "420.00"
