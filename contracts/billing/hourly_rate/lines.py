"""The lines of an hourly rate, and the inputs they store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from base.content import _
from contracts.billing.facts import Case, Work, merge_sources
from contracts.billing.hourly_rate.minutes import Priced, surcharge_amount
from contracts.billing.hourly_rate.terms import COMPONENT, HourlyRate, Surcharge
from contracts.billing.money import exact, lean, round_to
from contracts.billing.period import Period
from contracts.billing.scheme import BillingError, Line, Segment, amount_on, line_key
from contracts.billing.steps import Course, Number
from contracts.billing.support_plan import account_of, share_of_month
from contracts.billing.turns import left_by, left_to

NOTHING = Decimal("0.0000")


@dataclass(frozen=True, slots=True)
class Room:
    """The cap in minutes (None: no plan), the share of it a part has, the plan's balance."""

    minutes: Decimal | None = None
    share: Fraction = Fraction(1)
    account: date | None = None


@dataclass(frozen=True)
class Billing:
    """What all lines of a segment have in common."""

    terms: HourlyRate
    segment: Segment
    rate: Decimal
    months: Mapping[tuple[int, int], Period]
    heirs: Mapping[str, str]
    """By kind of work, the term that prices what this one leaves over."""
    before: Mapping[str, str]
    """By kind of work, the term whose rest this one prices."""

    @classmethod
    def of(cls, terms: HourlyRate, segment: Segment) -> "Billing":
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
        heirs, before = left_to(terms, segment.terms), left_by(terms, segment.terms)
        return cls(terms, segment, rate, months, heirs, before)

    @property
    def each(self) -> bool:
        """Whether minutes are those of one record: of work that goes from term to term."""
        return bool(self.heirs or self.before)

    def inputs(
        self,
        parts: Sequence[dict],
        allotted: Number | None,
        rows: Sequence[Work],
        passed_on: Mapping[str, Number],
    ) -> dict[str, Any]:
        """Everything the amount depends on besides the terms, as JSON; who had the work before.

        "left_by" are the terms that left the work over, "passed_on" gives the minutes that go to
        the terms after this one.
        """
        inputs: dict[str, Any] = parts[0] if len(parts) == 1 else {"parts": list(parts)}
        inputs["rate"] = str(self.rate)
        if allotted:
            inputs["allotted"] = str(exact(allotted))
        if before := {self.before[row.kind] for row in rows if row.kind in self.before}:
            inputs["left_by"] = sorted(before)
        if passed_on:
            inputs["passed_on"] = {key: str(minutes) for key, minutes in passed_on.items()}
        return inputs

    def part_inputs(
        self,
        rows: Sequence[Work],
        cap: Room,
        used: Number,
        rounded: Mapping[str, Number],
        limit: Mapping[str, str],
    ) -> dict[str, Any]:
        """What the minutes of a part depend on besides the terms, sorted, as JSON."""
        terms = self.terms
        inputs: dict[str, Any] = {"work": self.work(rows)}
        if terms.cap:
            inputs["cap"] = None if cap.minutes is None else str(cap.minutes)
            inputs["used"] = str(used)
            if cap.minutes is not None and cap.share != 1:
                inputs["cap_share"] = str(cap.share)
        if limit:
            inputs["limit"] = dict(limit)
        if terms.increment and terms.increment.per == "month":
            inputs["rounded"] = {kind: str(value) for kind, value in rounded.items()}
        return inputs

    def work(self, rows: Sequence[Work]) -> list[list]:
        """Equal work summed up, as finely as minutes are rounded."""
        per = self.terms.increment.per if self.terms.increment else "month"
        found: dict[tuple, Number] = {}
        for row in rows:
            day = row.first.isoformat() if per == "day" else ""
            group = (row.kind, day, row.counsellors, row.participants)
            if per == "record":
                group = (*group, row.minutes)
                found[group] = found.get(group, 0) + row.count
            else:
                minutes = row.minutes * row.count if self.each else row.minutes
                found[group] = found.get(group, 0) + minutes
        if per == "record":
            summed = sorted(
                (kind, day, minutes, times, counsellors, participants)
                for (kind, day, counsellors, participants, minutes), times in found.items()
            )
        else:
            summed = sorted(
                (kind, day, minutes, 1, counsellors, participants)
                for (kind, day, counsellors, participants), minutes in found.items()
            )
        return [[kind, day, _plain(minutes), *more] for kind, day, minutes, *more in summed]

    def cap(self, rows: Sequence[Work]) -> Room:
        """The cap of a stretch of days."""
        cap = self.terms.cap
        if cap is None:
            return Room()
        if cap.source == "fixed":
            return Room(cap.quantity * self.terms.unit_minutes)
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
        return Room(first.cap_minutes, share_of_month(days, change), account_of(days, change))

    def lines(self, work, inputs, priced: Priced, over: Number) -> list[Line]:
        """The line of a case and month, of which `over` is unbilled, followed by surcharges."""
        terms, case = self.terms, work.case
        year, month = work.year, work.month
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
        sources = merge_sources(*[row.sources for row in work.rows])
        line = self._line(
            COMPONENT,
            terms.label,
            case,
            period,
            quantity=round_to(priced.quantity, 4),
            unit=terms.unit_label,
            rate=self.rate,
            amount=priced.amount,
            unbilled=self._in_units(over),
            inputs=inputs,
            sources=sources,
        )
        return [line, *(self._surcharge_line(each, line, period) for each in terms.surcharges)]

    def _in_units(self, minutes: Number) -> Decimal:
        return round_to(minutes / exact(self.terms.unit_minutes), 4) if minutes else NOTHING

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


def _plain(minutes: Number) -> int | str:
    """Minutes as JSON: of a record that is shared between terms they need not be whole."""
    minutes = lean(minutes)
    return minutes if isinstance(minutes, int) else str(minutes)
