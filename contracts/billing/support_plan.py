"""What a support plan (Hilfeplan) grants in a calendar month: one reading for money and screen.

A plan grants hours a month, from a day until a day. On a day the plan counts that began last;
days without a plan have nothing to fill. Where the plan changes inside a month, the contract
says how the month is read (D42):

- "by_days": each plan grants hours × its days ÷ days of the month, for work on its days;
- "plan_of_day": the month has one account, and on each day the plan of that day says how much
  may stand on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from contracts.billing.period import ONE_DAY, Period

PlanChange = Literal["by_days", "plan_of_day"]


class Grant(NamedTuple):
    """Hours a month from a day until a day (None: open)."""

    valid_from: date
    valid_until: date | None
    hours_per_month: Decimal

    def holds_on(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class PlanStretch(NamedTuple):
    """Days of one calendar month for which the same is granted; None: there is no plan."""

    days: Period
    hours: Decimal | None


@dataclass(frozen=True)
class Filled:
    """What work came to under the plan, in its own unit."""

    billed: Fraction
    unbilled: Fraction


def stretches(plans: Iterable[Grant], month: Period) -> list[PlanStretch]:
    """The calendar month, cut where another number of hours is granted."""
    plans = sorted(plans, key=lambda plan: plan.valid_from)
    starts = {month.first, *(plan.valid_from for plan in plans)}
    starts |= {plan.valid_until + ONE_DAY for plan in plans if plan.valid_until}
    firsts = sorted(day for day in starts if month.contains(day))
    ends = [first - ONE_DAY for first in firsts[1:]] + [month.last]
    found: list[PlanStretch] = []
    for first, last in zip(firsts, ends, strict=True):
        holding = [plan.hours_per_month for plan in plans if plan.holds_on(first)]
        hours = holding[-1] if holding else None
        if found and found[-1].hours == hours:
            found[-1] = PlanStretch(Period(found[-1].days.first, last), hours)
        else:
            found.append(PlanStretch(Period(first, last), hours))
    return found


def share_of_month(days: Period, change: PlanChange) -> Fraction:
    """The part of a month's hours that may be filled on these days of it."""
    if change == "plan_of_day":
        return Fraction(1)
    return Fraction(days.days, Period.month_of(days.first).days)


def account_of(days: Period, change: PlanChange) -> date:
    """The day by which the balance is known that work on these days draws on."""
    return days.first if change == "by_days" else days.first.replace(day=1)


def fill(
    plan: Sequence[PlanStretch], worked: Sequence[Fraction], change: PlanChange
) -> tuple[Filled, ...]:
    """What of the work of each stretch of a month is billed; hours in, hours out."""
    used: dict[date, Fraction] = {}
    found = []
    for stretch, hours in zip(plan, worked, strict=True):
        account = account_of(stretch.days, change)
        room = Fraction(stretch.hours or 0) * share_of_month(stretch.days, change)
        billed = min(hours, max(room - used.get(account, Fraction(0)), Fraction(0)))
        used[account] = used.get(account, Fraction(0)) + billed
        found.append(Filled(billed, hours - billed))
    return tuple(found)
