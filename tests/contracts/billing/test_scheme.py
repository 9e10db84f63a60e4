"""Sources of lines, and the order of lines of several terms."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.billing import (
    Cost,
    Period,
    Work,
    compute,
    facts_within,
    merge_sources,
    parse_terms,
    segments,
)


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["", "3.1"], "3.1", id="an empty one"),
        pytest.param(["10.1 11.1", "9.2"], "9.2 10.1 11.1", id="as numbers, not as text"),
        pytest.param(["10.1 9.10", "11.2"], "9.10 10.1 11.2", id="whatever their versions"),
        pytest.param(["5.1 6.1", "6.1"], "5.1 6.1", id="each once"),
    ],
)
def test_sources_are_merged_in_numerical_order(parts, merged):
    assert merge_sources(*parts) == merged


def test_lines_follow_the_terms_and_a_fee_can_rest_on_hours():
    hours = parse_terms(
        {
            "model": "hourly_rate",
            "key": "hours",
            "label": "Hours",
            "kinds": [{"key": "single"}],
            "rates": [{"amount": "50"}, {"amount": "60", "valid_from": "2024-02-01"}],
        }
    )
    base = [{"component": "hours"}, {"cost_kind": "grant", "sign": -1}]
    fee = {"type": "percentage", "key": "flat", "label": "Flat", "percent": "10", "base": base}
    fee = parse_terms(
        {"model": "cost_reimbursement", "key": "fee", "label": "Fee", "components": [fee]}
    )
    facts = {
        "hours": [
            Work(kind="single", case=1, first=day, last=day, minutes=60)
            for day in (date(2024, 2, 2), date(2024, 1, 31))
        ],
        "fee": [
            Cost(
                kind="grant",
                first=date(2024, 1, 1),
                last=date(2024, 1, 31),
                amount=Decimal("5.00"),
            )
        ],
    }
    run = segments([(date(2024, 1, 1), 1, (hours, fee))], Period.parse("2024-Q1"), first=date.min)

    lines = compute(run, lambda segment, terms: facts_within(facts[terms.key])(segment, terms))

    assert [(line.key, str(line.amount)) for line in lines] == [
        ("hours.work|1|2024-01-01", "50.00"),
        ("hours.work|1|2024-02-01", "60.00"),
        ("fee.flat||2024-01-01", "4.50"),
        ("fee.flat||2024-02-01", "6.00"),
    ]
