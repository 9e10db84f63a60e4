"""From the inputs of one line to its amount, step by step."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from contracts.billing.cost_reimbursement.minimum import minimum_amount
from contracts.billing.steps import Course, Number


def line_amount(course: Course, inputs: Mapping[str, Any]) -> Decimal:
    """The amount of a line in EUR, rounded half up to cents, from its inputs alone."""
    if "costs" in inputs:
        amounts = [Decimal(amount) for _, amount, _ in inputs["costs"]]
        return course.cents(course.take("costs of these kinds", "sum", *amounts))
    base = _base_amount(course, inputs["base"])
    amount = course.take("percentage of the base", "percent", base, Decimal(inputs["percent"]))
    if (minimum := inputs["minimum"]) and minimum["parts"]:
        least = minimum_amount(course, minimum)
        amount = course.take("at least the minimum", "maximum", amount, least)
    return course.cents(amount)


def _base_amount(course: Course, base: Sequence[tuple[str, int, str]]) -> Number:
    added = [Decimal(amount) for _, sign, amount in base if sign > 0]
    taken = [Decimal(amount) for _, sign, amount in base if sign < 0]
    total = course.take("base of the percentage", "sum", *added)
    for amount in taken:
        total = course.take("less what the base leaves out", "difference", total, amount)
    return total
