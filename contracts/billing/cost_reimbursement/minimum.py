"""The minimum of a percentage: what of a yearly amount belongs to the time in force (D1, D2)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.billing.cost_reimbursement.terms import Minimum
from contracts.billing.period import Period
from contracts.billing.scheme import Segment
from contracts.billing.steps import Course, Number


def minimum_inputs(minimum: Minimum, segment: Segment, since: date) -> dict[str, Any]:
    """What the minimum of a segment depends on, as JSON; the term began on the day `since`.

    `parts` are the shares of years in force, each a numerator and a denominator; none where the
    minimum counts in another segment.
    """
    return {
        "amount": str(minimum.amount),
        "posts": str(minimum.posts),
        "proration": minimum.proration,
        "parts": _PRORATIONS[minimum.proration](segment, since),
    }


def minimum_amount(course: Course, inputs: Mapping[str, Any]) -> Number:
    """The minimum in EUR for the part of the year in force, not rounded."""
    parts = inputs["parts"]
    shares = [course.take("share of the year in force", "quotient", *part) for part in parts]
    share = course.take("shares of the years", "sum", *shares) if len(shares) > 1 else shares[0]
    amount, posts = Decimal(inputs["amount"]), Decimal(inputs["posts"])
    yearly = course.take("yearly minimum for the posts", "product", amount, posts)
    return course.take("minimum for the time in force", "product", yearly, share)


def _twelfths(segment: Segment, since: date) -> list[list[int]]:
    """A month counts in the segment in which its first day in force lies, so it counts once."""
    starts = [max(month.first.replace(day=1), since) for month in segment.period.months()]
    months = sum(segment.period.contains(start) for start in starts)
    return [[months, 12]] if months else []


def _days(segment: Segment, since: date) -> list[list[int]]:
    years = _years(segment.period)
    return [[segment.period.cut(year.first, year.last).days, year.days] for year in years]


def _full(segment: Segment, since: date) -> list[list[int]]:
    """A calendar year counts in the first segment of the billed period that it touches."""
    starts = [max(year.first, segment.within.first, since) for year in _years(segment.period)]
    years = sum(segment.period.contains(start) for start in starts)
    return [[years, 1]] if years else []


def _years(period: Period) -> list[Period]:
    years = range(period.first.year, period.last.year + 1)
    return [Period(date(year, 1, 1), date(year, 12, 31)) for year in years]


_PRORATIONS = {"twelfths": _twelfths, "days": _days, "full": _full}
