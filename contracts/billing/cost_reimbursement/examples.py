"""Worked examples of cost reimbursement, and facts that show what given terms come to."""

from datetime import date
from decimal import Decimal

from contracts.billing.cost_reimbursement.terms import (
    Actual,
    BasePart,
    CostReimbursement,
    Minimum,
    Percentage,
)
from contracts.billing.facts import Cost
from contracts.billing.period import Period
from contracts.billing.scheme import Example


def _personnel_contract(**minimum) -> CostReimbursement:
    personnel = (BasePart(component="personnel"),)
    return CostReimbursement(
        key="costs",
        label="Kostenerstattung",
        clause="§ 4",
        components=(
            Actual(key="personnel", label="Personalkosten", cost_kinds=("salary", "bonus")),
            Percentage(
                key="material",
                label="Sachkosten",
                base=personnel,
                percent=Decimal(12),
                minimum=Minimum(amount=Decimal(5400), **minimum),
            ),
            Percentage(
                key="overhead", label="Sonstige Kosten", base=personnel, percent=Decimal(10)
            ),
        ),
    )


def _salary(amount: str, month: str) -> Cost:
    days = Period.parse(month)
    return Cost(kind="salary", first=days.first, last=days.last, amount=Decimal(amount))


def _half_year(name: str, proration: str, material: str, total: str) -> Example:
    return Example(
        name=name,
        terms=_personnel_contract(proration=proration),
        period=Period.parse("2024-H2"),
        facts=(_salary("14300.00", "2024-09"),),
        amounts={"personnel": "14300.00", "material": material, "overhead": "1430.00"},
        total=total,
        source="C2, D2",
    )


EXAMPLES = (
    Example(
        name="a year of payroll lines, the minimum applies",
        terms=_personnel_contract(),
        period=Period.parse("2024"),
        facts=(
            *(_salary("2214.35", f"2024-{month:02}") for month in range(1, 7)),
            *(_salary("2281.90", f"2024-{month:02}") for month in range(7, 13)),
            Cost(
                kind="bonus",
                first=date(2024, 11, 1),
                last=date(2024, 11, 30),
                amount=Decimal("1780.12"),
            ),
        ),
        amounts={"personnel": "28757.62", "material": "5400.00", "overhead": "2875.76"},
        total="37033.38",
        source="C2",
    ),
    _half_year("July to December, minimum in twelfths", "twelfths", "2700.00", "18430.00"),
    _half_year("July to December, minimum by days", "days", "2714.75", "18444.75"),
    _half_year("July to December, minimum in full", "full", "5400.00", "21130.00"),
    Example(
        name="minimum per full post, half a post",
        terms=_personnel_contract(posts=Decimal("0.5")),
        period=Period.parse("2024"),
        facts=(_salary("28600.00", "2024-06"),),
        amounts={"personnel": "28600.00", "material": "3432.00", "overhead": "2860.00"},
        total="34892.00",
        source="C2, D1",
    ),
)

FIRST_COST, FURTHER_COST = Decimal("28600.00"), Decimal("1200.00")


def example_facts(terms: CostReimbursement, day: date) -> tuple[Cost, ...]:
    """Costs that show what the terms come to: 28,600 EUR of the first kind, 1,200 of others."""
    kinds: dict[str, None] = {}
    for component in terms.components:
        bases = [part.cost_kind for part in getattr(component, "base", ()) if part.cost_kind]
        kinds.update(dict.fromkeys((*getattr(component, "cost_kinds", ()), *bases)))
    return tuple(
        Cost(kind=kind, first=day, last=day, amount=FURTHER_COST if place else FIRST_COST)
        for place, kind in enumerate(kinds)
    )
