"""Cost reimbursement: the contract of C2, its variants, and what a base may refer to."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from base.content import Refusal
from contracts.billing import (
    BillingError,
    Cost,
    Period,
    check_terms,
    compute,
    cost_reimbursement,
    explain,
    facts_within,
    parse_terms,
    run_example,
    segments,
)
from contracts.billing.steps import FACTS, MINIMUM

PERSONNEL = {"type": "actual", "key": "personnel", "label": "P", "cost_kinds": ["salary", "bonus"]}


def percentage(key, percent, *base, **more):
    parts = [{"component": name} if isinstance(name, str) else name for name in base]
    return {
        "type": "percentage",
        "key": key,
        "label": key,
        "percent": percent,
        "base": parts,
        **more,
    }


def contract(*components, key="costs", **more):
    return parse_terms(
        {
            "model": "cost_reimbursement",
            "key": key,
            "label": "Costs",
            "clause": "§ 4",
            "components": components,
            **more,
        }
    )


def addiction_counselling(**minimum):
    """12 % for material, at least 5,400 EUR a year, and 10 % for other costs."""
    return contract(
        PERSONNEL,
        percentage("material", "12", "personnel", minimum={"amount": "5400.00", **minimum}),
        percentage("other", "10", "personnel"),
    )


def paid(amount, day=date(2024, 6, 15), kind="salary", sources=""):
    return Cost(kind=kind, first=day, last=day, amount=Decimal(amount), sources=sources)


def bill(*terms, period="2024", costs=(), first=date(2010, 1, 1), last=None, editions=None):
    editions = editions or [(first, 1, terms)]
    run = segments(editions, Period.parse(period), first=first, last=last)
    return compute(run, facts_within(costs))


def amounts(lines):
    return [str(line.amount) for line in lines]


@pytest.mark.parametrize(
    ("personnel", "material", "other", "total"),
    [
        pytest.param("28600.00", "5400.00", "2860.00", "36860.00", id="minimum applies"),
        pytest.param("44999.99", "5400.00", "4500.00", "54899.99", id="a cent below threshold"),
        pytest.param("45000.00", "5400.00", "4500.00", "54900.00", id="at the threshold"),
        pytest.param("45000.05", "5400.01", "4500.01", "54900.07", id="rounded, then added"),
        pytest.param("52318.47", "6278.22", "5231.85", "63828.54", id="above the threshold"),
    ],
)
def test_contract_costs(personnel, material, other, total):
    lines = bill(addiction_counselling(), costs=[paid(personnel)])

    assert amounts(lines) == [personnel, material, other]
    assert sum(line.amount for line in lines) == Decimal(total)


def test_payroll_of_a_year():
    costs = [paid("2214.35", date(2024, month, 28)) for month in range(1, 7)]
    costs += [paid("2281.90", date(2024, month, 28)) for month in range(7, 13)]
    costs += [paid("1780.12", date(2024, 11, 30), kind="bonus")]

    lines = bill(addiction_counselling(), costs=costs)

    assert amounts(lines) == ["28757.62", "5400.00", "2875.76"]
    assert sum(line.amount for line in lines) == Decimal("37033.38")
    # 12 % alone would be less than the minimum
    assert "3450.9144" in {str(step.result) for step in explain(addiction_counselling(), lines[1])}


@pytest.mark.parametrize(
    ("minimum", "material", "total"),
    [
        pytest.param({}, "2700.00", "18430.00", id="in twelfths by default"),
        pytest.param({"proration": "full"}, "5400.00", "21130.00", id="in full"),
        pytest.param({"proration": "days"}, "2722.19", "18452.19", id="184 of 365 days"),
    ],
)
def test_part_of_a_year(minimum, material, total):
    lines = bill(
        addiction_counselling(**minimum),
        period="2023",
        first=date(2023, 7, 1),
        costs=[paid("14300.00", date(2023, 9, 1))],
    )

    assert amounts(lines) == ["14300.00", material, "1430.00"]
    assert sum(line.amount for line in lines) == Decimal(total)


def test_minimum_per_full_post_scaled_to_half_a_post():
    lines = bill(addiction_counselling(posts="0.5"), costs=[paid("28600.00")])

    assert sum(line.amount for line in lines) == Decimal("34892.00")
    # against 36,860.00 for the contract as written: the difference is 1,968.00
    assert Decimal("36860.00") - sum(line.amount for line in lines) == Decimal("1968.00")


def test_immediate_termination_bills_begun_months_to_the_last_day():
    lines = bill(addiction_counselling(), last=date(2024, 4, 3), costs=[])

    assert amounts(lines) == ["0.00", "1800.00", "0.00"]
    assert lines[0].last == date(2024, 4, 3)


CYCLES = {"2024-{:02}": 12, "2024-Q{}": 4, "2024-H{}": 2}


@pytest.mark.parametrize("proration", ["twelfths", "days", "full"])
@pytest.mark.parametrize("cycle", CYCLES)
@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        pytest.param([], "5400.00", id="nothing spent"),
        # 12 % of 28,757.62 is less than the minimum
        pytest.param([paid("28757.62", date(2024, 2, 3))], "5400.00", id="early, below it"),
        pytest.param([paid("28757.62", date(2024, 11, 3))], "5400.00", id="late, below it"),
        # 12 % of 45,000.05 are 5,400.006
        pytest.param([paid("45000.05", date(2024, 1, 3))], "5400.01", id="early, above it"),
        pytest.param(
            [paid("20000.00", date(2024, 3, 3)), paid("25000.05", date(2024, 9, 3))],
            "5400.01",
            id="in two quarters",
        ),
    ],
)
def test_a_year_in_parts_comes_to_the_year(proration, cycle, costs, expected):
    terms = addiction_counselling(proration=proration)

    parts = [bill(terms, period=cycle.format(n + 1), costs=costs)[1] for n in range(CYCLES[cycle])]

    assert sum(line.amount for line in parts) == Decimal(expected)
    assert bill(terms, costs=costs)[1].amount == Decimal(expected)
    assert all(explain(terms, line)[-1].result == line.amount for line in parts)


def test_quarters_as_documented():
    costs = [paid("20000.00", date(2024, 3, 3)), paid("25000.05", date(2024, 9, 3))]

    quarters = [
        bill(addiction_counselling(), period=f"2024-Q{n}", costs=costs) for n in (1, 2, 3, 4)
    ]

    assert [str(lines[1].amount) for lines in quarters] == ["2400.00", "300.00", "2700.01", "0.00"]


def test_an_edition_of_the_same_terms_leaves_the_year_whole():
    """12 % of 30,000 until June are more than half the minimum, nothing after that."""
    costs = [paid("30000.00", date(2024, 3, 3))]
    editions = [
        (date(2010, 1, 1), 1, (addiction_counselling(),)),
        (date(2024, 7, 1), 2, (addiction_counselling(),)),
    ]

    lines = bill(editions=editions, costs=costs)

    # compared by halves, it would be 3,600.00 + 2,700.00
    assert amounts(lines) == ["30000.00", "5400.00", "3000.00"]
    assert [line.inputs["editions"] for line in lines] == [[1, 2]] * 3


def test_a_full_yearly_minimum_is_charged_once_whatever_is_billed():
    terms = addiction_counselling(proration="full")
    costs = [paid("1000.00", date(2024, 2, 3))]

    quarters = [bill(terms, period=f"2024-Q{n}", costs=costs) for n in range(1, 5)]

    assert amounts(quarters[0]) == ["1000.00", "5400.00", "100.00"]
    assert sum(line.amount for lines in quarters for line in lines) == Decimal("6500.00")


def test_a_year_is_compared_over_the_year_whatever_is_amended():
    """12 % until June, 13.5 % from July of 20,000 each: 2,400 + 2,700, below the minimum."""
    other = contract(
        PERSONNEL,
        percentage("material", "13.5", "personnel", minimum={"amount": "5400.00"}),
        percentage("other", "10", "personnel"),
    )
    editions = [(date(2010, 1, 1), 1, (addiction_counselling(),)), (date(2024, 7, 1), 2, (other,))]
    costs = [paid("20000.00", date(2024, 5, 1)), paid("20000.00", date(2024, 8, 1))]

    lines = [line for line in bill(editions=editions, costs=costs) if line.component == "material"]

    # half the minimum until June is 2,700.00, the whole until December 5,400.00
    assert amounts(lines) == ["2700.00", "2700.00"]


@pytest.mark.parametrize(
    ("changes", "twelfths"),
    [
        pytest.param([date(2024, 3, 1)], [2, 10], id="amended on the first of a month"),
        pytest.param([date(2024, 3, 15)], [3, 9], id="amended inside a month"),
        pytest.param([date(2024, 3, 10), date(2024, 3, 20)], [3, 0, 9], id="twice in a month"),
    ],
)
def test_every_month_counts_once_across_amendments(changes, twelfths):
    days = [date(2010, 1, 1), *changes]
    editions = [
        (day, number, (contract(
            PERSONNEL, percentage("material", f"1{number}", "personnel", minimum={"amount": 5400})
        ),))
        for number, day in enumerate(days, start=1)
    ]  # fmt: skip

    lines = [line for line in bill(editions=editions) if line.component == "material"]

    assert [line.amount for line in lines] == [Decimal(450 * months) for months in twelfths]


@pytest.mark.parametrize(("proration", "expected"), [("twelfths", "4500.00"), ("full", "5400.00")])
def test_a_term_that_begins_inside_a_month(proration, expected):
    later = addiction_counselling(proration=proration).model_copy(
        update={"valid_from": date(2024, 3, 15)}
    )
    amended = later.model_copy(update={"valid_from": date(2024, 4, 1)})
    editions = [(date(2024, 1, 1), 1, (later,)), (date(2024, 4, 1), 2, (amended,))]

    (line,) = [line for line in bill(editions=editions) if line.component == "material"]

    assert (str(line.amount), line.inputs["editions"]) == (expected, [1, 2])


def test_full_minimum_once_per_calendar_year():
    terms = addiction_counselling(proration="full")

    lines = bill(terms, period="2023-07-01..2024-06-30", first=date(2023, 3, 1))
    # That of 2023 belongs to March, when the contract began.
    assert amounts(lines) == ["0.00", "0.00", "0.00", "0.00", "5400.00", "0.00"]

    lines = bill(terms, period="2023-07-01..2024-06-30", first=date(2023, 8, 1))
    assert amounts(lines) == ["0.00", "5400.00", "0.00"] * 2


def test_days_of_two_years_have_two_denominators():
    terms = addiction_counselling(proration="days")

    lines = bill(terms, period="2023-12-01..2024-01-31")

    # 5,400 x 31/365 = 458.630136..., 5,400 x 31/366 = 457.377049...
    assert [str(line.amount) for line in lines if line.component == "material"] == [
        "458.63",
        "457.38",
    ]


def test_a_base_can_leave_something_out():
    terms = contract(
        PERSONNEL,
        percentage("overhead", "10", "personnel", {"cost_kind": "bonus", "sign": -1}),
    )

    lines = bill(terms, costs=[paid("1000.00", sources="9.1"), paid("200", kind="bonus")])

    assert amounts(lines) == ["1200.00", "100.00"]


def test_a_base_of_a_cost_kind_that_no_component_pays():
    terms = contract(percentage("flat", "15", {"cost_kind": "fee"}))

    assert amounts(bill(terms, costs=[paid("333.30", kind="fee"), paid("5.00")])) == ["50.00"]


def test_components_rest_on_rounded_components():
    terms = contract(PERSONNEL, percentage("a", "12.5", "personnel"), percentage("b", "50", "a"))

    # 12.5 % of 0.60 is 0.075, rounded 0.08; half of that 0.04 (of 0.075 it would be 0.0375)
    assert amounts(bill(terms, costs=[paid("0.60")])) == ["0.60", "0.08", "0.04"]


def test_a_term_can_rest_on_earlier_terms():
    first = addiction_counselling()
    second = contract(
        percentage("all", "1", "costs"), percentage("some", "1", "costs.other"), key="fee"
    )

    lines = bill(first, second, costs=[paid("45000.00")])

    check_terms((first, second))
    assert amounts(lines)[-2:] == ["549.00", "45.00"]


def test_later_terms_are_refused_before_and_while_computing():
    first = addiction_counselling()
    second = contract(percentage("all", "1", "costs"), key="fee")

    with pytest.raises(BillingError, match=r"fee: costs .*earlier terms.*: –$"):
        check_terms((second, first))
    with pytest.raises(BillingError, match=r"fee\.all: costs .*computed before: –$"):
        bill(second, first)


def test_term_keys_are_unique():
    with pytest.raises(Refusal, match="remuneration: costs stands more than once"):
        check_terms((addiction_counselling(), addiction_counselling()))


@pytest.mark.parametrize(
    ("components", "message"),
    [
        pytest.param([percentage("a", "1", "a")], "based on a", id="itself"),
        pytest.param(
            [percentage("a", "1", "b"), percentage("b", "1", "a")], "based on b", id="a circle"
        ),
        pytest.param([percentage("a", "1", "personnel"), PERSONNEL], "based on", id="a later one"),
        pytest.param([percentage("a", "1", "costs")], "based on costs", id="its own term"),
        pytest.param([percentage("a", "1", "costs.a")], "based on costs.a", id="itself in full"),
        pytest.param([PERSONNEL, PERSONNEL], "components: personnel stands more", id="key twice"),
        pytest.param(
            [PERSONNEL, {**PERSONNEL, "key": "again"}],
            "cost_kinds: salary, bonus stands more",
            id="paid twice",
        ),
        pytest.param([PERSONNEL, percentage("a", "-1", "personnel")], "percent", id="below 0 %"),
        pytest.param([percentage("a", "1", {"sign": 1})], "either a cost kind or", id="no base"),
        pytest.param([], "components", id="no components"),
    ],
)
def test_terms_that_make_no_sense_are_refused(components, message):
    with pytest.raises(ValidationError, match=message):
        contract(*components)


def test_lines_say_where_they_come_from():
    costs = [paid("10.00", sources="10.1 11.2"), paid("5.00", kind="bonus", sources="9.1 10.1")]

    lines = bill(addiction_counselling(), costs=costs)

    assert [line.sources for line in lines] == ["9.1 10.1 11.2"] * 3
    assert [line.key for line in lines] == [
        "costs.personnel||2024-01-01",
        "costs.material||2024-01-01",
        "costs.other||2024-01-01",
    ]


def test_amounts_of_single_facts_stand_in_steps_about_facts_alone():
    """Who may see the sum and not each salary is shown the other steps in figures."""
    year = cost_reimbursement.EXAMPLES[0]
    amounts = {cost.amount for cost in year.facts}
    steps = [step for line in run_example(year) for step in explain(year.terms, line)]

    of_facts = [step for step in steps if amounts & set(step.operands)]
    assert of_facts
    assert of_facts == [step for step in steps if step.about == FACTS and len(step.operands) > 1]


def test_a_step_says_where_the_minimum_takes_the_place_of_the_percentage():
    year = cost_reimbursement.EXAMPLES[0]
    steps = [step for line in run_example(year) for step in explain(year.terms, line)]

    (raised,) = [step for step in steps if step.about == MINIMUM]
    assert (str(raised.operands[0]), str(raised.result)) == ("3450.9144", "5400")
