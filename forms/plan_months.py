"""What the support plan grants for each month, and how much of it was used."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.db.models import Max, Sum

from base.facts import Fact
from cms.totals import MINUTES_PER_HOUR
from contracts.billing import Line, Period
from contracts.billing.hourly_rate import COMPONENT, HourlyRate
from contracts.billing.support_plan import (
    Grant,
    PlanChange,
    PlanStretch,
    fill,
    share_of_month,
    stretches,
)
from contracts.models import ContractEdition
from forms.models import Case
from forms.person_limits import computed_for
from forms.usage import level, percent

MONTHS_IN_A_CENTURY = 1200


@dataclass(frozen=True)
class PlanMonth:
    """What the support plan grants for a calendar month, and what was used of it, in hours."""

    first: date
    granted: Fraction | None
    """The most that can be billed in the month; None: no day of it has a plan."""
    used: Fraction
    unbilled: Fraction = Fraction(0)
    """Of what was used, what no plan has room for on the days on which it was done."""

    @property
    def percent(self) -> int | None:
        """Used of what was granted, rounded down."""
        return percent(self.used, self.granted or Fraction(0))

    @property
    def level(self) -> str:
        """How urgent it is."""
        if self.unbilled and self.granted:
            return "exceeded"
        return level(self.used, self.granted or Fraction(0))

    @property
    def rest(self) -> Fraction:
        """Hours left in the month."""
        billed = self.used - self.unbilled
        return max((self.granted or Fraction(0)) - billed, Fraction(0))


class PlannedKinds(NamedTuple):
    """What a contract edition caps by the support plan, from a day on.

    `kinds` gives the weight by kind of work, and whether a group shares the staff's time.
    """

    starts: date
    kinds: dict[str, tuple[Fraction, bool]]
    change: PlanChange
    in_turns: bool
    """Whether work goes from term to term: what the plan is filled with, statements know."""


def plan_months(case: Case, until: date, *, months: int = 6) -> list[PlanMonth]:
    """Return the support plan's last months, newest first; none where there is no plan.

    Counted is the work that the contract caps by the support plan, weighted and shared as it
    agrees; without such terms all work, of group sessions the share in the staff's time (D13).
    What a plan grants for which days is read as the statement reads it. Rounding to increments is
    the statement's business. Where work goes from term to term, the plan is filled with what
    reaches its term and stays there.
    """
    plans = _plans(case)
    if not plans:
        return []
    firsts = _months_back(until, max(plans[0].valid_from, case.assigned_on), months)
    agreed = _capped_kinds(case)
    if firsts and any(each.in_turns for each in agreed):
        return _as_billed(case, plans, firsts, agreed)
    worked = _plan_work(case, firsts[-1], until, agreed) if firsts else {}
    return [_month(first, plans, worked.get(first, {}), agreed) for first in firsts]


def unpaid_months(case: Case, since: date) -> dict[date, Fraction]:
    """Return, by the first day of each month since a day, hours of the plan that nobody pays.

    No plan has room for them; where other terms come after the plan's, these have none either.
    None where the contract does not cap any work by the support plan.
    """
    agreed = _capped_kinds(case)
    done = case.service_records.filter(status=Fact.Status.SUBMITTED, day__gte=since)
    last = done.aggregate(last=Max("day"))["last"]
    if last is None or not any(each.kinds for each in agreed):
        return {}
    firsts = _months_back(last, since, MONTHS_IN_A_CENTURY)
    if any(each.in_turns for each in agreed):
        return _unpaid_in_turns(case, firsts)
    worked = _plan_work(case, firsts[-1], last, agreed)
    plans = _plans(case)
    return {first: _month(first, plans, worked.get(first, {}), agreed).unbilled for first in firsts}


def _plans(case: Case) -> list[Grant]:
    rows = case.support_plans.order_by("valid_from")
    return [Grant(*found) for found in rows.values_list(*Grant._fields)]


def _month(
    first: date,
    plans: Sequence[Grant],
    worked: Mapping[date, Fraction],
    agreed: Sequence[PlannedKinds],
) -> PlanMonth:
    plan, change = _plan_of(first, plans, agreed)
    hours = [
        sum((done for day, done in worked.items() if each.days.contains(day)), Fraction(0))
        for each in plan
    ]
    return PlanMonth(
        first,
        _granted(plan, change),
        sum(hours, Fraction(0)),
        sum((each.unbilled for each in fill(plan, hours, change)), Fraction(0)),
    )


def _plan_of(
    first: date, plans: Sequence[Grant], agreed: Sequence[PlannedKinds]
) -> tuple[list[PlanStretch], PlanChange]:
    month = Period.month_of(first)
    change = next((each.change for each in agreed if each.starts <= month.last), "by_days")
    return stretches(plans, month), change


def _granted(plan: Sequence[PlanStretch], change: PlanChange) -> Fraction | None:
    granted = [
        Fraction(each.hours) * share_of_month(each.days, change)
        for each in plan
        if each.hours is not None
    ]
    whole = sum if change == "by_days" else max
    return Fraction(whole(granted)) if granted else None


def _as_billed(
    case: Case, plans: Sequence[Grant], firsts: Sequence[date], agreed: Sequence[PlannedKinds]
) -> list[PlanMonth]:
    """Return the months as the lines of the terms under the plan have them."""
    found = []
    lines = _lines(case, firsts, _under_the_plan)
    for first in firsts:
        mine = [(terms, line) for terms, line in lines if line.first.replace(day=1) == first]
        unbilled = _hours((terms, line.unbilled) for terms, line in mine)
        used = _hours((terms, line.quantity) for terms, line in mine) + unbilled
        granted = _granted(*_plan_of(first, plans, agreed))
        found.append(PlanMonth(first, granted, used, unbilled))
    return found


def _unpaid_in_turns(case: Case, firsts: Sequence[date]) -> dict[date, Fraction]:
    """Return what neither the terms under the plan nor those after them have room for."""
    lines = _lines(case, firsts, _from_the_plan)
    return {
        first: _hours(
            (terms, line.unbilled) for terms, line in lines if line.first.replace(day=1) == first
        )
        for first in firsts
    }


def _lines(
    case: Case,
    firsts: Sequence[date],
    chosen: Callable[[Sequence[HourlyRate]], Iterable[HourlyRate]],
) -> list[tuple[HourlyRate, Line]]:
    """Return the case's lines of the terms chosen of those in force together."""
    run, lines = computed_for(case, Period(firsts[-1], Period.month_of(firsts[0]).last))
    mine = [line for line in lines if line.case == case.number and line.component == COMPONENT]
    # Several segments have a day: one for each group of terms that are computed together.
    return [
        (terms, line)
        for segment in run
        if segment.counted
        for terms in chosen(segment.terms)
        for line in mine
        if line.term == terms.key and segment.period.contains(line.first)
    ]


def _under_the_plan(all_terms: Sequence[HourlyRate]) -> list[HourlyRate]:
    return [each for each in all_terms if each.cap and each.cap.source == "support_plan"]


def _from_the_plan(all_terms: Sequence[HourlyRate]) -> list[HourlyRate]:
    """Terms under the plan and those to which their work goes on."""
    planned = _under_the_plan(all_terms)
    return [
        each
        for each in all_terms
        if each in planned or any(other.key in each.after for other in planned)
    ]


def _hours(units: Iterable[tuple[HourlyRate, Decimal]]) -> Fraction:
    return sum(
        (Fraction(each) * Fraction(terms.unit_minutes) / MINUTES_PER_HOUR for terms, each in units),
        Fraction(0),
    )


def _months_back(until: date, since: date, months: int) -> list[date]:
    found, first = [], until.replace(day=1)
    while len(found) < months and first >= since.replace(day=1):
        found.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _plan_work(
    case: Case, first: date, last: date, agreed: Sequence[PlannedKinds]
) -> dict[date, dict[date, Fraction]]:
    """Return hours by month and day."""
    rows = (
        case.service_records.filter(status=Fact.Status.SUBMITTED, day__range=(first, last))
        .order_by()
        .values_list("day", "kind", "participants", "counsellors", "session")
        .annotate(total=Sum("minutes"))
    )
    found: dict[date, dict[date, Fraction]] = {}
    for day, kind, participants, counsellors, session, minutes in rows:
        kinds = next((each.kinds for each in agreed if each.starts <= day), None)
        weight, shared = Fraction(1), bool(session)
        if kinds:
            if kind not in kinds:
                continue
            weight, shared = kinds[kind]
        share = Fraction(counsellors, participants) if shared else Fraction(1)
        hours = minutes * weight * share / MINUTES_PER_HOUR
        month = found.setdefault(day.replace(day=1), {})
        month[day] = month.get(day, Fraction(0)) + hours
    return found


def _capped_kinds(case: Case) -> list[PlannedKinds]:
    """Return, newest edition first, which kinds the contract caps by the support plan."""
    found = []
    editions = ContractEdition.objects.filter(contract=case.contract_id).order_by("-number")
    for starts, remuneration in editions.values_list("applies_from", "content__remuneration"):
        capped = [
            terms
            for terms in remuneration
            if (terms.get("cap") or {}).get("source") == "support_plan"
        ]
        kinds = {
            kind["key"]: (Fraction(kind.get("weight", "1")), kind.get("share") == "staff")
            for terms in capped
            for kind in terms["kinds"]
        }
        changes = [terms["cap"].get("plan_change", "by_days") for terms in capped]
        keys = {terms["key"] for terms in capped}
        in_turns = any(
            terms.get("after") and (terms["key"] in keys or keys & set(terms["after"]))
            for terms in remuneration
        )
        found.append(PlannedKinds(starts, kinds, changes[0] if changes else "by_days", in_turns))
    return found
