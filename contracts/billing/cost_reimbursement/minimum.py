"""The minimum of a percentage: what of a yearly amount belongs to the time in force (D1, D2).

It is agreed per calendar year, so percentage and minimum are compared over the year (D43): what
a part of the year comes to is the year so far, less what was charged for it before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from contracts.billing.cost_reimbursement.terms import Minimum
from contracts.billing.money import exact
from contracts.billing.period import Period
from contracts.billing.steps import FACTS, MINIMUM, Course, Number


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """What a component came to in a calendar year before the days to be computed."""

    year: int
    percentage: Number = 0
    minimum: Number = 0
    charged: Decimal = Decimal("0.00")
    months: int = 0
    """The last month whose twelfth has been counted."""
    full: bool = False
    """Whether the minimum has been counted in full."""

    def inputs(self) -> dict[str, str] | None:
        """As JSON; None where the year begins."""
        if not (self.percentage or self.minimum or self.charged):
            return None
        return {
            "percentage": str(exact(self.percentage)),
            "minimum": str(exact(self.minimum)),
            "charged": str(self.charged),
        }


def minimum_inputs(minimum: Minimum, days: Period, before: YearSoFar) -> dict[str, Any]:
    """What the minimum of days within one calendar year depends on, as JSON.

    `parts` are the shares of the year in force, each a numerator and a denominator; none where
    the minimum has been counted already.
    """
    return {
        "amount": str(minimum.amount),
        "posts": str(minimum.posts),
        "proration": minimum.proration,
        "parts": _PRORATIONS[minimum.proration](days, before),
    }


def carried(before: YearSoFar, days: Period, inputs: Mapping, amount: Decimal) -> YearSoFar:
    """The year so far with days computed from these inputs to this amount."""
    course = Course()
    return YearSoFar(
        year=before.year,
        percentage=exact(before.percentage) + percentage_share(course, inputs),
        minimum=exact(before.minimum) + minimum_amount(course, inputs["minimum"]),
        charged=before.charged + amount,
        months=max(before.months, days.last.month),
        full=True,
    )


def percentage_share(course: Course, inputs: Mapping[str, Any]) -> Number:
    """The percentage of the base, not rounded."""
    base = inputs["base"]
    added = [Decimal(amount) for _, sign, amount in base if sign > 0]
    taken = [Decimal(amount) for _, sign, amount in base if sign < 0]
    total = course.take("base of the percentage", "sum", *added, about=FACTS)
    for amount in taken:
        rule = "less what the base leaves out"
        total = course.take(rule, "difference", total, amount, about=FACTS)
    return course.take("percentage of the base", "percent", total, Decimal(inputs["percent"]))


def minimum_amount(course: Course, inputs: Mapping[str, Any]) -> Number:
    """The minimum in EUR for the part of the year in force, not rounded."""
    parts = inputs["parts"]
    if not parts:
        return 0
    shares = [course.take("share of the year in force", "quotient", *part) for part in parts]
    share = course.take("shares of the years", "sum", *shares) if len(shares) > 1 else shares[0]
    amount, posts = Decimal(inputs["amount"]), Decimal(inputs["posts"])
    yearly = course.take("yearly minimum for the posts", "product", amount, posts)
    return course.take("minimum for the time in force", "product", yearly, share)


def compared(course: Course, inputs: Mapping[str, Any], percentage: Number) -> Decimal:
    """The amount that percentage and minimum come to together, in cents."""
    minimum, before = inputs["minimum"], inputs.get("year")
    least = minimum_amount(course, minimum)
    if before:
        rule = "with the earlier part of the year"
        percentage = course.take(rule, "sum", percentage, Fraction(before["percentage"]))
        least = course.take(rule, "sum", least, Fraction(before["minimum"]))
    if before or minimum["parts"]:
        rule = "at least the minimum"
        percentage = course.take(rule, "maximum", percentage, least, about=MINIMUM)
    amount = course.cents(percentage)
    if not before:
        return amount
    return course.less("less what the year was charged before", amount, Decimal(before["charged"]))


def _twelfths(days: Period, before: YearSoFar) -> list[list[int]]:
    """A month counts where its first day in force lies, so it counts once."""
    months = days.last.month - max(before.months, days.first.month - 1)
    return [[months, 12]] if months else []


def _days(days: Period, before: YearSoFar) -> list[list[int]]:
    return [[days.days, Period.parse(f"{days.first.year:04}").days]]


def _full(days: Period, before: YearSoFar) -> list[list[int]]:
    """It counts once a year: where the term's first day of the year lies."""
    return [] if before.full else [[1, 1]]


_PRORATIONS = {"twelfths": _twelfths, "days": _days, "full": _full}
