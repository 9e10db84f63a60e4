"""Hourly rate (Fachleistungsstunden): minutes selected, weighted, stepped, capped and priced.

One line per case and calendar month, plus one per surcharge. Minutes stay exact fractions until
they become money.

`terms` says what can be configured, `minutes` how an amount arises; here lines are made of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from base.content import _
from contracts.billing.hourly_rate.examples import EXAMPLES, sample
from contracts.billing.hourly_rate.minutes import Plan, Worked, settle, surcharge_amount
from contracts.billing.hourly_rate.terms import (
    COMPONENT,
    Cap,
    HourlyRate,
    Increment,
    Kind,
    Rate,
    Surcharge,
)
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
    """What a case has used: minutes at the cap, and those rounded to increments, this month."""

    year: int = 0
    month: int = 0
    used_in_month: Number = 0
    used_in_year: Number = 0
    rounded: Mapping[str, Number] = field(default_factory=dict)

    def at(self, year: int, month: int) -> "Balance":
        """The balance with which a month begins or goes on."""
        if (year, month) == (self.year, self.month):
            return self
        return Balance(year, month, 0, self.used_in_year if year == self.year else 0)

    def used(self, per: str) -> Number:
        return self.used_in_year if per == "year" else self.used_in_month


NEW = Balance()


def calculate(
    terms: HourlyRate,
    segment: Segment,
    facts: Sequence[Work],
    opening: Mapping[Case, Balance] | None,
    earlier: Mapping[str, Decimal],
) -> Result:
    """One line per case and calendar month, cut to the segment.

    Units: minutes in, `unit_minutes` per unit, EUR out, rounded once per line. What exceeds the
    cap is `unbilled`, in units. Raises BillingError for work before the first rate, negative
    minutes, a group without participants, or two caps for one case and month.
    """
    groups = _by_month_and_case(terms, facts)
    balances = dict(opening or {})
    if not groups:
        return Result((), balances, _totals(terms, ()))
    billing, plan, course = _Billing.of(terms, segment), Plan.of(terms), Course()
    lines: list[Line] = []
    for (year, month, case), rows in sorted(groups.items(), key=lambda group: group[0]):
        balance = balances.get(case, NEW).at(year, month)
        inputs = billing.inputs(rows, balance)
        worked = settle(course, plan, inputs)
        balances[case] = _carried(balance, worked)
        lines.extend(billing.lines(year, month, case, rows, inputs, worked))
    return Result(lines, balances, _totals(terms, lines))


def explain(terms: HourlyRate, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps to a line's amount, from its inputs alone (weights and order from the terms)."""
    course = Course(explain=True)
    if "base" in inputs:
        surcharge_amount(course, inputs)
    else:
        settle(course, Plan.of(terms), inputs)
    return tuple(course.steps)


def _carried(balance: Balance, worked: Worked) -> Balance:
    return Balance(
        balance.year,
        balance.month,
        balance.used_in_month + worked.used,
        balance.used_in_year + worked.used,
        {**balance.rounded, **worked.rounded} if worked.rounded else balance.rounded,
    )


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

    def inputs(self, rows: Sequence[Work], balance: Balance) -> dict[str, Any]:
        """Everything the amount depends on besides the terms, sorted, as JSON."""
        terms = self.terms
        by_record = terms.increment is not None and terms.increment.per == "record"
        by_day = terms.increment is not None and terms.increment.per == "day"
        inputs: dict[str, Any] = {
            "work": sorted(
                [
                    row.kind,
                    row.first.isoformat() if by_day else "",
                    row.minutes,
                    row.count if by_record else 1,
                    row.counsellors,
                    row.participants,
                ]
                for row in rows
            ),
            "rate": str(self.rate),
        }
        if terms.cap:
            cap = self._cap(rows)
            inputs["cap"] = None if cap is None else str(cap)
            inputs["used"] = str(balance.used(terms.cap.per))
        if terms.increment and terms.increment.per == "month":
            inputs["rounded"] = {kind: str(value) for kind, value in balance.rounded.items()}
        return inputs

    def _cap(self, rows: Sequence[Work]) -> Decimal | None:
        """The cap in minutes; None where there is no plan."""
        cap = self.terms.cap
        if cap.source == "fixed":
            return cap.quantity * self.terms.unit_minutes
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
        return first.cap_minutes

    def lines(self, year, month, case, rows, inputs, worked: Worked) -> list[Line]:
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
            quantity=round_to(worked.quantity, 4),
            unit=terms.unit_label,
            rate=self.rate,
            amount=worked.amount,
            unbilled=self._unbilled(worked),
            inputs=inputs,
            sources=sources,
        )
        return [work, *(self._surcharge_line(each, work, period) for each in terms.surcharges)]

    def _unbilled(self, worked: Worked) -> Decimal:
        return round_to(worked.over / exact(self.terms.unit_minutes), 4) if worked.over else NOTHING

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
