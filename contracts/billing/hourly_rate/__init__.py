"""Hourly rate (Fachleistungsstunden): minutes selected, weighted, stepped, capped and priced.

One line per case and calendar month, plus one per surcharge. Minutes stay exact fractions until
they become money.

`terms` says what can be configured, `minutes` how an amount arises; here lines are made of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from base.content import _
from contracts.billing.hourly_rate.examples import EXAMPLES, sample
from contracts.billing.hourly_rate.minutes import (
    Plan,
    Priced,
    Worked,
    price,
    settle,
    surcharge_amount,
    work_off,
)
from contracts.billing.hourly_rate.sessions import allotments
from contracts.billing.hourly_rate.terms import (
    COMPONENT,
    Cap,
    HourlyRate,
    Increment,
    Kind,
    Rate,
    Surcharge,
)
from contracts.billing.limits import Limits, Owner
from contracts.billing.money import exact, round_to
from contracts.billing.period import Period
from contracts.billing.scheme import (
    BillingError,
    Case,
    Facts,
    Grain,
    Line,
    Result,
    Segment,
    Work,
    amount_on,
    line_key,
    merge_sources,
)
from contracts.billing.steps import Course, Number, Step
from contracts.billing.support_plan import account_of, share_of_month

__all__ = [
    "EXAMPLES",
    "FACTS",
    "TERMS",
    "Cap",
    "HourlyRate",
    "Increment",
    "Kind",
    "Rate",
    "Surcharge",
    "calculate",
    "explain",
    "grain",
    "sample",
]

FACTS = Facts.WORK
NOTHING = Decimal("0.0000")

TERMS = HourlyRate


def grain(terms: HourlyRate) -> Grain:
    """As fine as minutes are rounded; where they are not, by case and calendar month."""
    per = terms.increment.per if terms.increment else "month"
    return {"record": Grain.RECORD, "day": Grain.DAY, "month": Grain.MONTH}[per]


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


def calculate(
    terms: HourlyRate,
    segment: Segment,
    facts: Sequence[Work],
    opening: Mapping[Case, Balance] | None,
    earlier: Mapping[str, Decimal],
    limits: Limits,
) -> Result:
    """One line per case and calendar month, cut to the segment.

    Units: minutes in, `unit_minutes` per unit, EUR out, rounded once per line. What exceeds the
    cap is `unbilled`, in units. Where the support plan changes inside the month, the work under
    each plan is a part of its own of the line. Raises BillingError for work before the first
    rate, negative minutes, a group without participants, or two caps for one case and stretch.
    """
    groups = _by_month_and_case(terms, facts)
    balances = dict(opening or {})
    if not groups:
        return Result((), balances, _totals(terms, ()))
    billing, plan, course = _Billing.of(terms, segment), Plan.of(terms), Course()
    allotted = allotments(terms, billing.rate, facts)
    lines: list[Line] = []
    for (year, month, case), rows in sorted(groups.items(), key=lambda group: group[0]):
        balance = balances.get(case, NEW).at(year, month)
        parts, worked = [], []
        for stretch in _stretches(rows):
            cap = billing.cap(stretch)
            owners = _owners(terms, year, month, case, cap)
            part = billing.part_inputs(stretch, cap, limits.used(owners[0]), balance)
            done = work_off(course, plan, part)
            for owner in owners:
                limits.draw(owner, done.used)
            balance = _carried(balance, done)
            parts.append(part)
            worked.append(done)
        balances[case] = balance
        inputs = billing.inputs(parts, allotted.get((year, month, case)))
        priced = price(course, plan, inputs, worked)
        lines.extend(billing.lines(year, month, case, rows, inputs, priced))
    return Result(lines, balances, _totals(terms, lines))


@dataclass(frozen=True, slots=True)
class _Room:
    """The cap in minutes (None: no plan), the share of it a stretch has, the plan's balance."""

    minutes: Decimal | None = None
    share: Fraction = Fraction(1)
    account: date | None = None


def _stretches(rows: Sequence[Work]) -> list[list[Work]]:
    """The work of a case and month by the days for which one plan is in force."""
    found: dict[Any, list[Work]] = {}
    for row in sorted(rows, key=lambda row: row.plan_days.first if row.plan_days else row.first):
        found.setdefault(row.plan_days, []).append(row)
    return list(found.values())


def _owners(terms: HourlyRate, year: int, month: int, case: Case, room: _Room) -> list[Owner]:
    """Whose limits the work draws on, that of the cap first."""
    by_month, by_year = ("month", terms.key, case, year, month), ("year", terms.key, case, year)
    if terms.cap and terms.cap.source == "support_plan":
        return [("plan", case, room.account), by_month, by_year]
    if terms.cap and terms.cap.per == "year":
        return [by_year, by_month]
    return [by_month, by_year]


def explain(terms: HourlyRate, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps to a line's amount, from its inputs alone (weights and order from the terms)."""
    course = Course(explain=True)
    if "base" in inputs:
        surcharge_amount(course, inputs)
    else:
        settle(course, Plan.of(terms), inputs)
    return tuple(course.steps)


def _carried(balance: Balance, worked: Worked) -> Balance:
    if not worked.rounded:
        return balance
    return Balance(balance.year, balance.month, {**balance.rounded, **worked.rounded})


def _by_month_and_case(
    terms: HourlyRate, facts: Iterable[Work]
) -> dict[tuple[int, int, Case], list[Work]]:
    selected = {kind.key: kind.share for kind in terms.kinds}
    groups: dict[tuple[int, int, Case], list[Work]] = {}
    for work in facts:
        share = selected.get(work.kind)
        if share is None:
            continue
        if work.minutes < 0 or work.count < 1 or (share == "staff" and work.participants < 1):
            _refuse(terms, work)
        day = work.first
        groups.setdefault((day.year, day.month, work.case), []).append(work)
    return groups


def _refuse(terms: HourlyRate, work: Work) -> None:
    raise BillingError(
        _(
            "%(place)s: case %(case)s, %(day)s: %(minutes)s min, %(present)s present cannot be "
            "billed; allowed: minutes from 0, at least one record and one participant"
        ),
        term=terms.key,
        component=COMPONENT,
        case=work.case,
        day=work.first,
        minutes=work.minutes,
        present=work.participants,
    )


@dataclass(frozen=True)
class _Billing:
    """What all lines of a segment have in common."""

    terms: HourlyRate
    segment: Segment
    rate: Decimal
    months: Mapping[tuple[int, int], Period]

    @classmethod
    def of(cls, terms: HourlyRate, segment: Segment) -> "_Billing":
        first = segment.period.first
        rate = amount_on(terms.rates, first)
        if rate is None:
            raise BillingError(
                _(
                    "%(place)s: %(day)s cannot be billed; "
                    "allowed: days from %(start)s, when the first rate begins"
                ),
                term=terms.key,
                component=COMPONENT,
                day=first,
                start=min(rate.valid_from for rate in terms.rates),
            )
        months = {(part.first.year, part.first.month): part for part in segment.period.months()}
        return cls(terms, segment, rate, months)

    def inputs(self, parts: Sequence[dict], allotted: Number | None) -> dict[str, Any]:
        """Everything the amount depends on besides the terms, as JSON."""
        inputs: dict[str, Any] = parts[0] if len(parts) == 1 else {"parts": list(parts)}
        inputs["rate"] = str(self.rate)
        if allotted:
            inputs["allotted"] = str(exact(allotted))
        return inputs

    def part_inputs(
        self, rows: Sequence[Work], cap: _Room, used: Number, balance: Balance
    ) -> dict[str, Any]:
        """What the minutes of a stretch depend on besides the terms, sorted, as JSON."""
        terms = self.terms
        inputs: dict[str, Any] = {"work": self._work(rows)}
        if terms.cap:
            inputs["cap"] = None if cap.minutes is None else str(cap.minutes)
            inputs["used"] = str(used)
            if cap.minutes is not None and cap.share != 1:
                inputs["cap_share"] = str(cap.share)
        if terms.increment and terms.increment.per == "month":
            inputs["rounded"] = {kind: str(value) for kind, value in balance.rounded.items()}
        return inputs

    def _work(self, rows: Sequence[Work]) -> list[list]:
        """Equal work summed up, as finely as minutes are rounded."""
        per = self.terms.increment.per if self.terms.increment else "month"
        found: dict[tuple, int] = {}
        for row in rows:
            day = row.first.isoformat() if per == "day" else ""
            group = (row.kind, day, row.counsellors, row.participants)
            if per == "record":
                group = (*group, row.minutes)
                found[group] = found.get(group, 0) + row.count
            else:
                found[group] = found.get(group, 0) + row.minutes
        if per == "record":
            return sorted(
                [kind, day, minutes, times, counsellors, participants]
                for (kind, day, counsellors, participants, minutes), times in found.items()
            )
        return sorted(
            [kind, day, minutes, 1, counsellors, participants]
            for (kind, day, counsellors, participants), minutes in found.items()
        )

    def cap(self, rows: Sequence[Work]) -> _Room:
        """The cap of a stretch of days."""
        cap = self.terms.cap
        if cap is None:
            return _Room()
        if cap.source == "fixed":
            return _Room(cap.quantity * self.terms.unit_minutes)
        first = rows[0]
        for row in rows:
            if row.cap_minutes != first.cap_minutes:
                raise BillingError(
                    _(
                        "%(place)s: case %(case)s: %(one)s and %(other)s min cannot be billed; "
                        "allowed: one cap per case and month (%(month)s)"
                    ),
                    term=self.terms.key,
                    component=COMPONENT,
                    case=row.case,
                    one=first.cap_minutes,
                    other=row.cap_minutes,
                    month=f"{row.first:%Y-%m}",
                )
        days = first.plan_days or Period.month_of(first.first)
        change = cap.plan_change
        return _Room(first.cap_minutes, share_of_month(days, change), account_of(days, change))

    def lines(self, year, month, case, rows, inputs, priced: Priced) -> list[Line]:
        """The line of a case and month, followed by its surcharges."""
        terms = self.terms
        period = self.months.get((year, month))
        if period is None:
            raise BillingError(
                _(
                    "%(place)s: case %(case)s: work in %(month)s cannot be billed; "
                    "allowed: days of %(period)s"
                ),
                term=terms.key,
                component=COMPONENT,
                case=case,
                month=f"{year}-{month:02}",
                period=self.segment.period,
            )
        sources = merge_sources(*[row.sources for row in rows])
        work = self._line(
            COMPONENT,
            terms.label,
            case,
            period,
            quantity=round_to(priced.quantity, 4),
            unit=terms.unit_label,
            rate=self.rate,
            amount=priced.amount,
            unbilled=self._unbilled(priced),
            inputs=inputs,
            sources=sources,
        )
        return [work, *(self._surcharge_line(each, work, period) for each in terms.surcharges)]

    def _unbilled(self, priced: Priced) -> Decimal:
        return round_to(priced.over / exact(self.terms.unit_minutes), 4) if priced.over else NOTHING

    def _surcharge_line(self, surcharge: Surcharge, work: Line, period: Period) -> Line:
        inputs = {"base": str(work.amount), "percent": str(surcharge.percent)}
        return self._line(
            surcharge.key,
            surcharge.label,
            work.case,
            period,
            quantity=round_to(work.amount, 4),
            unit="EUR",
            rate=surcharge.percent,
            amount=surcharge_amount(Course(), inputs),
            unbilled=NOTHING,
            inputs=inputs,
            sources=work.sources,
        )

    def _line(self, component: str, label: str, case: Case, period: Period, **values) -> Line:
        return Line(
            key=line_key(self.terms, component, case, period.first),
            term=self.terms.key,
            component=component,
            label=label,
            clause=self.terms.clause,
            case=case,
            first=period.first,
            last=period.last,
            **values,
        )


def _totals(terms: HourlyRate, lines: Sequence[Line]) -> dict[str, Decimal]:
    totals = dict.fromkeys(terms.component_keys(), Decimal("0.00"))
    for line in lines:
        totals[line.component] += line.amount
    return totals
