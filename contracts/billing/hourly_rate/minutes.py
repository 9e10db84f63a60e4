"""From the minutes of one case and month to their amount, stage by stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from contracts.billing.hourly_rate.terms import HourlyRate, Increment
from contracts.billing.money import lean, read
from contracts.billing.steps import Course, Number


@dataclass(frozen=True, slots=True)
class Plan:
    """The terms as plain numbers, prepared once for many lines."""

    order: tuple[str, ...]
    staff: frozenset[str]
    weights: Mapping[str, Number]
    unit_minutes: Number
    increment: Increment | None
    apart: bool
    capped: bool

    @classmethod
    def of(cls, terms: HourlyRate) -> "Plan":
        weights = {kind.key: lean(kind.weight) for kind in terms.kinds if kind.weight != 1}
        return cls(
            order=terms.order,
            staff=frozenset(kind.key for kind in terms.kinds if kind.share == "staff"),
            # After a cap, minutes have no kind any more; their weights are all the same.
            weights={"": lean(terms.kinds[0].weight), **weights} if weights else {},
            unit_minutes=lean(terms.unit_minutes),
            increment=terms.increment,
            apart=terms.comes_first("increment", "weight"),
            capped=terms.cap is not None,
        )


@dataclass(slots=True)
class Worked:
    """Minutes on their way, and what they came to."""

    over: Number = 0
    used: Number = 0
    quantity: Number = 0
    rounded: dict[str, Number] = field(default_factory=dict)
    amount: Decimal = Decimal("0.00")


@dataclass(slots=True)
class _Part:
    """Minutes that are treated alike: `times` the same, of one kind, on one day."""

    kind: str
    day: str
    minutes: Number
    times: int


def settle(course: Course, plan: Plan, inputs: Mapping[str, Any]) -> Worked:
    """From the inputs of a line to its amount: the one place where both are computed."""
    worked = Worked()
    parts = _shared(course, plan, inputs["work"])
    for stage in plan.order:
        parts = _STAGES[stage](course, plan, inputs, parts, worked)
    billed = _total(course, parts)
    if not plan.capped:
        worked.used = billed
    worked.quantity = course.take("minutes in units", "quotient", billed, plan.unit_minutes)
    rate = read(inputs["rate"])
    price = course.take("quantity at the rate", "product", worked.quantity, rate)
    worked.amount = course.cents(price)
    return worked


def _shared(course: Course, plan: Plan, work: Iterable[Sequence]) -> list[_Part]:
    """Selected minutes; those of staff in a group are shared among its participants."""
    parts = []
    for kind, day, minutes, times, counsellors, participants in work:
        if kind in plan.staff and counsellors != participants:
            spent = course.take("minutes of all counsellors", "product", minutes, counsellors)
            minutes = course.take("shared among participants", "quotient", spent, participants)
        parts.append(_Part(kind, day, minutes, times))
    return parts


def _weighted(course, plan: Plan, inputs, parts: list[_Part], worked) -> list[_Part]:
    for part in parts if plan.weights else ():
        weight = plan.weights.get(part.kind)
        if weight is not None:
            part.minutes = course.take("weight of the kind", "product", part.minutes, weight)
    return parts


def _stepped(course, plan: Plan, inputs, parts: list[_Part], worked) -> list[_Part]:
    """Round to increments: each record, or what a case has together in a day or month.

    Before weighting, kinds are rounded apart. A month cut in two rounds the month so far and
    takes off what its earlier part came to, so that both parts together make the month.
    """
    increment = plan.increment
    if increment is None:
        return parts
    if increment.per != "record":
        parts = _joined(course, parts, increment.per, plan.apart)
    for part in parts:
        before = read(inputs["rounded"].get(part.kind, "0")) if increment.per == "month" else 0
        if increment.per == "month":
            worked.rounded[part.kind] = part.minutes + before
        part.minutes = _rounded(course, increment, part.minutes, before)
    return parts


def _rounded(course: Course, increment: Increment, minutes: Number, before: Number) -> Number:
    operation = f"round_{increment.mode}"
    rule = "rounded to the increment"
    if not before:
        return course.take(rule, operation, minutes, increment.minutes)
    month = course.take("with the earlier part of the month", "sum", minutes, before)
    until_now = course.take(rule, operation, month, increment.minutes)
    earlier = course.take("earlier part alone", operation, before, increment.minutes)
    return course.take("less the earlier part", "difference", until_now, earlier)


def _joined(course: Course, parts: list[_Part], per: str, apart: bool) -> list[_Part]:
    """Sum up what is rounded together, kinds `apart` or not."""
    groups: dict[tuple[str, str], list[Number]] = {}
    for part in parts:
        group = (part.kind if apart else "", part.day if per == "day" else "")
        groups.setdefault(group, []).append(part.minutes)
    return [
        _Part(kind, day, _sum(course, f"minutes of the {per}", minutes), 1)
        for (kind, day), minutes in groups.items()
    ]


def _capped(course, plan: Plan, inputs, parts: list[_Part], worked) -> list[_Part]:
    """Bill up to the cap less what was used before; the rest stays unbilled."""
    if not plan.capped:
        return parts
    total = _total(course, parts)
    room = read(inputs["cap"] or "0")
    if used := read(inputs["used"]):
        left = course.take("cap less what is used", "difference", room, used)
        # A cap lowered by an amendment can be exceeded already.
        room = course.take("not below zero", "maximum", left, 0) if left < 0 else left
    worked.used = course.take("up to the cap", "minimum", total, room)
    worked.over = total - worked.used
    return [_Part("", "", worked.used, 1)]


_STAGES = {"weight": _weighted, "increment": _stepped, "cap": _capped}


def _total(course: Course, parts: Sequence[_Part]) -> Number:
    minutes = [
        course.take("minutes of equal records", "product", part.minutes, part.times)
        if part.times != 1
        else part.minutes
        for part in parts
    ]
    return _sum(course, "minutes together", minutes)


def _sum(course: Course, rule: str, values: Sequence[Number]) -> Number:
    return values[0] if len(values) == 1 else course.take(rule, "sum", *values)


def surcharge_amount(course: Course, inputs: Mapping[str, Any]) -> Decimal:
    base, percent = Decimal(inputs["base"]), Decimal(inputs["percent"])
    return course.cents(course.take("surcharge on the amount", "percent", base, percent))
