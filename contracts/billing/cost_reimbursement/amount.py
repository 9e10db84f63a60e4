"""From the inputs of one line to its amount, step by step."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from contracts.billing.cost_reimbursement.minimum import compared, percentage_share
from contracts.billing.steps import FACTS, Course


def line_amount(course: Course, inputs: Mapping[str, Any]) -> Decimal:
    """The amount of a line in EUR, rounded half up to cents, from its inputs alone."""
    if "costs" in inputs:
        amounts = [Decimal(amount) for _, amount, _ in inputs["costs"]]
        return course.cents(course.take("costs of these kinds", "sum", *amounts, about=FACTS))
    percentage = percentage_share(course, inputs)
    if inputs["minimum"] is None:
        return course.cents(percentage)
    return compared(course, inputs, percentage)
