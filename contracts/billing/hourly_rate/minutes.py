"""From the minutes of one case and month to their amount, stage by stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from contracts.billing.hourly_rate.terms import HourlyRate, Increment
from contracts.billing.money import lean, read_number, to_cents
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
            capped=terms.leaves_over(),
        )


@dataclass(slots=True)
class Worked:
    """Minutes on their way, and what they came to."""

    over: Number = 0
    used: Number = 0
    billed: Number = 0
    rounded: dict[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Priced:
    """What a line comes to: units billed, minutes not billed, EUR."""

    quantity: Number
    over: Number
    amount: Decimal


@dataclass(slots=True)
class _Part:
    """Minutes that are treated alike: `times` the same, of one kind, on one day."""

    kind: str
    day: str
    minutes: Number
    times: int


def settle(course: Course, plan: Plan, inputs: Mapping[str, Any]) -> Priced:
    """From the inputs of a line to its amount."""
    return price(course, plan, inputs, [work_off(course, plan, part) for part in parts_of(inputs)])


def parts_of(inputs: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The inputs of each part of the month that has a cap of its own; mostly one."""
    return inputs.get("parts") or [inputs]


def work_off(course: Course, plan: Plan, inputs: Mapping[str, Any]) -> Worked:
    """The minutes of one part of the month, through all stages."""
    worked = Worked()
    parts = _shared(course, plan, inputs["work"])
    for stage in plan.order:
        parts = _STAGES[stage](course, plan, inputs, parts, worked)
    worked.billed = _total(course, parts)
    if not plan.capped:
        worked.used = worked.billed
    return worked


def price(
    course: Course, plan: Plan, inputs: Mapping[str, Any], worked: Sequence[Worked]
) -> Priced:
    """The minutes of a line as money.

    "allotted" is what group sessions allot to their participants in whole cents, less the exact
    shares: with it the parts of a session sum to it. Where a cap cuts shares off, it does not
    apply.
    """
    billed = _sum(course, "minutes of the month", [each.billed for each in worked])
    over = sum(each.over for each in worked)
    quantity = course.take("minutes in units", "quotient", billed, plan.unit_minutes)
    amount = course.take("quantity at the rate", "product", quantity, read_number(inputs["rate"]))
    if (allotted := inputs.get("allotted")) and not over:
        amount = course.take("with whole cents of sessions", "sum", amount, read_number(allotted))
    cents = course.cents(amount)
    limit = parts_of(inputs)[0].get("limit", {})
    if "amount" in limit:
        # Each line is rounded by itself; together they are not more than was agreed.
        left = max(read_number(limit["amount"]) - read_number(limit["used"]), 0)
        if cents > left:
            cents = to_cents(course.take("not above what the limit leaves", "minimum", cents, left))
    return Priced(quantity, over, cents)


def _shared(course: Course, plan: Plan, work: Iterable[Sequence]) -> list[_Part]:
    """Selected minutes; those of staff in a group are shared among its participants."""
    parts = []
    for kind, day, minutes, times, counsellors, participants in work:
        if isinstance(minutes, str):  # part of a record, of which another term took the rest
            minutes = read_number(minutes)
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
        before = (
            read_number(inputs["rounded"].get(part.kind, "0")) if increment.per == "month" else 0
        )
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
    """Bill up to the cap and the person's limit, less what was used; the rest stays unbilled."""
    if not plan.capped:
        return parts
    total = worked.used = _total(course, parts)
    if "cap" in inputs:
        worked.used = course.take("up to the cap", "minimum", total, _room(course, inputs))
    if limit := inputs.get("limit"):
        room = limit_room(course, plan, limit)
        worked.used = course.take("up to the person's limit", "minimum", worked.used, room)
    worked.over = total - worked.used
    return [_Part("", "", worked.used, 1)]


def _room(course: Course, inputs: Mapping[str, Any]) -> Number:
    """The minutes that the cap leaves."""
    room = read_number(inputs["cap"] or "0")
    if share := inputs.get("cap_share"):
        room = course.take("for the plan's days of the month", "product", room, read_number(share))
    if used := read_number(inputs["used"]):
        room = _left(course, "cap less what is used", room, used)
    return room


def limit_room(course: Course, plan: Plan, limit: Mapping[str, str]) -> Number:
    """The minutes that the limit of the person leaves a case.

    "minutes" or "amount" is the limit, "used" what of it was used before, in all cases of the
    person; "first" are the minutes of the case that were worked before the limit was reached.
    """
    rule, used = "the person's limit less what is used", read_number(limit["used"])
    if "minutes" in limit:
        room = _left(course, rule, read_number(limit["minutes"]), used)
    else:
        left = _left(course, rule, read_number(limit["amount"]), used)
        units = course.take(
            "units that are left at the rate", "quotient", left, read_number(limit["rate"])
        )
        room = course.take("minutes of these units", "product", units, plan.unit_minutes)
    if first := limit.get("first"):
        room = course.take("of this what the case had first", "minimum", room, read_number(first))
    return room


def _left(course: Course, rule: str, whole: Number, used: Number) -> Number:
    left = course.take(rule, "difference", whole, used)
    # A cap lowered by an amendment can be exceeded already.
    return course.take("not below zero", "maximum", left, 0) if left < 0 else left


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
