"""The work of a case in a calendar month, through all stages, under its cap and its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from contracts.billing.facts import Case, Work
from contracts.billing.hourly_rate.lines import Billing, Room
from contracts.billing.hourly_rate.minutes import Plan, Worked, limit_room, work_off
from contracts.billing.hourly_rate.terms import HourlyRate
from contracts.billing.limits import Limits, Owner
from contracts.billing.steps import Course, Number


@dataclass(frozen=True, slots=True)
class Balance:
    """What of a case was rounded to increments this month, by kind of work."""

    year: int = 0
    month: int = 0
    rounded: Mapping[str, Number] = field(default_factory=dict)

    def at(self, year: int, month: int) -> "Balance":
        """The balance with which a month begins or goes on."""
        return self if (year, month) == (self.year, self.month) else Balance(year, month)


NEW = Balance()


@dataclass(frozen=True, slots=True)
class MonthPart:
    """Work of the month under one plan, the inputs of its minutes, and what they came to."""

    rows: Sequence[Work]
    inputs: dict[str, Any]
    worked: Worked


@dataclass(frozen=True)
class CaseMonth:
    """What was worked for a case in a month of the segment, before limits are asked."""

    billing: Billing
    plan: Plan
    year: int
    month: int
    case: Case
    rows: Sequence[Work]
    balance: Balance

    @property
    def person(self) -> tuple[str, Case]:
        """Who the case is about; where nobody said it, the case stands for the person."""
        person = self.rows[0].person
        return ("case", self.case) if person is None else ("person", person)

    def settle(
        self, course: Course, limits: Limits, limit: Mapping[str, str], *, first: Number | None
    ) -> tuple[list[MonthPart], Balance]:
        """Work off the minutes and draw on the limits; `limit` is that of the person.

        `first` are the minutes the person's limit leaves this case, where it has to be shared.
        """
        terms, balance, found = self.billing.terms, self.balance, []
        parts = _parts(terms, self.rows)
        if limit and first is None and len(parts) > 1:
            first = limit_room(Course(), self.plan, limit)
        for rows in parts:
            cap = self.billing.cap(rows)
            owners = self._owners(cap)
            limit = limit if first is None else {**limit, "first": str(first)}
            inputs = self.billing.part_inputs(
                rows, cap, limits.used(owners[0]), balance.rounded, limit
            )
            done = work_off(course, self.plan, inputs)
            for owner in owners:
                limits.draw(owner, done.used)
            if first is not None:
                first -= done.used
            balance = _carried(balance, done)
            found.append(MonthPart(rows, inputs, done))
        return found, balance

    def wanted(self, limits: Limits, until: date | None = None) -> Number:
        """Minutes that the work up to a day comes to under the cap alone."""
        rows = [row for row in self.rows if until is None or row.first <= until]
        tried = replace(self, rows=rows)
        found, _balance = tried.settle(Course(), limits.on_trial(), {}, first=None)
        return sum(each.worked.used for each in found)

    def _owners(self, room: Room) -> list[Owner]:
        """Whose limits the work draws on, that of the cap first."""
        terms, case, year = self.billing.terms, self.case, self.year
        by_month = ("month", terms.key, case, year, self.month)
        by_year = ("year", terms.key, case, year)
        if terms.cap and terms.cap.source == "support_plan":
            return [("plan", case, room.account), by_month, by_year]
        if terms.cap and terms.cap.per == "year":
            return [by_year, by_month]
        return [by_month, by_year]


def _parts(terms: HourlyRate, rows: Sequence[Work]) -> list[Sequence[Work]]:
    """The work of a case and month by the days for which one plan is in force, if plans count."""
    if not (terms.cap and terms.cap.source == "support_plan"):
        return [rows]
    found: dict[Any, list[Work]] = {}
    for row in sorted(rows, key=lambda row: row.plan_days.first if row.plan_days else row.first):
        found.setdefault(row.plan_days, []).append(row)
    return list(found.values())


def _carried(balance: Balance, worked: Worked) -> Balance:
    if not worked.rounded:
        return balance
    return Balance(balance.year, balance.month, {**balance.rounded, **worked.rounded})
