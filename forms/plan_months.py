"""What the support plan grants for each month, and how much of it was used."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.db.models import Max, Sum

from base.facts import Fact
from cms.totals import MINUTES_PER_HOUR
from contracts.billing import Line, Period, Segment
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
from forms.models import Case, ServiceRecord, SupportPlan
from forms.models.service_record import effort_hours
from forms.person_limits import computed_for, computed_of
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

    def filled_with(self, hours: Fraction) -> "PlanMonth":
        """Return the month with so much more work, on whatever days."""
        unbilled = self.unbilled + max(hours - self.rest, Fraction(0))
        return replace(self, used=self.used + hours, unbilled=unbilled)


class Work(NamedTuple):
    """Minutes of a case on a day, of records alike or of one appointment.

    An appointment may not say yet what kind of work it will be: then it counts in full.
    """

    case: int
    day: date
    kind: str
    participants: int
    counsellors: int
    session: str
    minutes: int

    @property
    def effort(self) -> Fraction:
        """The case's part of the staff's time, in hours."""
        return effort_hours(self.minutes, self.counsellors, self.participants)


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
    plans = _plans([case.pk])[case.pk]
    if not plans:
        return []
    firsts = _months_back(until, max(plans[0].valid_from, case.assigned_on), months)
    agreed = _capped_kinds([case.contract_id])[case.contract_id]
    if firsts and any(each.in_turns for each in agreed):
        lines = _lines(case, firsts, _under_the_plan)
        return [_as_billed(first, lines, plans, agreed) for first in firsts]
    worked = _plan_work(case, firsts[-1], until, agreed) if firsts else {}
    return [_month(first, plans, worked, agreed) for first in firsts]


class MonthsPlan(NamedTuple):
    """A case's month as it is, and as it will be with what is still ahead."""

    now: PlanMonth
    then: PlanMonth


def plans_in_month(
    cases: Collection[Case], first: date, work: Iterable[Work], ahead: Iterable[Work]
) -> dict[int, MonthsPlan]:
    """Return what plans grant for one month, by case, and how `work` and what is `ahead` fill it.

    Read as `plan_months` reads them, with the same few queries for many cases as for one. Cases
    for which no day of the month has a plan are left out. What is ahead is no record: where work
    goes from term to term, it fills what the records leave.
    """
    plans = _plans([case.pk for case in cases])
    cases = [case for case in cases if plans[case.pk]]
    agreed = _capped_kinds({case.contract_id for case in cases})
    kinds = {case.pk: agreed[case.contract_id] for case in cases}
    done, coming = _by_day(work, kinds), _by_day(ahead, kinds)
    in_turns = {contract for contract, its in agreed.items() if any(each.in_turns for each in its)}
    computed = computed_of(in_turns, Period.month_of(first))
    found = {}
    for case in cases:
        terms, mine = kinds[case.pk], plans[case.pk]
        if case.contract_id in in_turns:
            lines = _lines_of(case, *computed[case.contract_id], _under_the_plan)
            now = _as_billed(first, lines, mine, terms)
            then = now.filled_with(sum(coming[case.pk].values(), Fraction(0)))
        else:
            now = then = _month(first, mine, done[case.pk], terms)
            if coming[case.pk]:
                both = defaultdict(Fraction, done[case.pk])
                for day, hours in coming[case.pk].items():
                    both[day] += hours
                then = _month(first, mine, both, terms)
        if now.granted is not None:
            found[case.pk] = MonthsPlan(now, then)
    return found


def work_in(cases: Collection[int], first: date, last: date) -> list[Work]:
    """Return what was recorded for cases on some days, by their keys; only what counts."""
    rows = ServiceRecord.objects.counting().filter(case__in=cases, day__range=(first, last))
    summed = rows.order_by().values_list(*Work._fields[:-1]).annotate(total=Sum("minutes"))
    return [Work(*row) for row in summed]


def unpaid_months(case: Case, since: date) -> dict[date, Fraction]:
    """Return, by the first day of each month since a day, hours of the plan that nobody pays.

    No plan has room for them; where other terms come after the plan's, these have none either.
    None where the contract does not cap any work by the support plan.
    """
    agreed = _capped_kinds([case.contract_id])[case.contract_id]
    done = case.service_records.filter(status=Fact.Status.SUBMITTED, day__gte=since)
    last = done.aggregate(last=Max("day"))["last"]
    if last is None or not any(each.kinds for each in agreed):
        return {}
    firsts = _months_back(last, since, MONTHS_IN_A_CENTURY)
    if any(each.in_turns for each in agreed):
        return _unpaid_in_turns(case, firsts)
    worked = _plan_work(case, firsts[-1], last, agreed)
    plans = _plans([case.pk])[case.pk]
    return {first: _month(first, plans, worked, agreed).unbilled for first in firsts}


def _plans(cases: Collection[int]) -> dict[int, list[Grant]]:
    found = defaultdict(list)
    rows = SupportPlan.objects.filter(case__in=cases).order_by("case", "valid_from")
    for case, *grant in rows.values_list("case", *Grant._fields):
        found[case].append(Grant(*grant))
    return found


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
    first: date,
    lines: Sequence[tuple[HourlyRate, Line]],
    plans: Sequence[Grant],
    agreed: Sequence[PlannedKinds],
) -> PlanMonth:
    """Return a month as the lines of the terms under the plan have it."""
    mine = [(terms, line) for terms, line in lines if line.first.replace(day=1) == first]
    unbilled = _hours((terms, line.unbilled) for terms, line in mine)
    used = _hours((terms, line.quantity) for terms, line in mine) + unbilled
    return PlanMonth(first, _granted(*_plan_of(first, plans, agreed)), used, unbilled)


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
    period = Period(firsts[-1], Period.month_of(firsts[0]).last)
    return _lines_of(case, *computed_for(case, period), chosen)


def _lines_of(
    case: Case,
    run: Sequence[Segment],
    lines: Iterable[Line],
    chosen: Callable[[Sequence[HourlyRate]], Iterable[HourlyRate]],
) -> list[tuple[HourlyRate, Line]]:
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
) -> dict[date, Fraction]:
    """Return the hours under the plan by day."""
    return _by_day(work_in([case.pk], first, last), {case.pk: agreed})[case.pk]


def _by_day(
    work: Iterable[Work], agreed: Mapping[int, Sequence[PlannedKinds]]
) -> dict[int, dict[date, Fraction]]:
    """Return hours under the plan by case and day, of cases of which is known what is `agreed`."""
    found: dict[int, dict[date, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for each in work:
        if each.case not in agreed:
            continue
        kinds = next((one.kinds for one in agreed[each.case] if one.starts <= each.day), None)
        weight, shared = Fraction(1), bool(each.session)
        if kinds:
            if each.kind and each.kind not in kinds:
                continue
            weight, shared = kinds.get(each.kind, (Fraction(1), False))
        hours = each.effort if shared else Fraction(each.minutes, MINUTES_PER_HOUR)
        found[each.case][each.day] += hours * weight
    return found


def _capped_kinds(contracts: Collection[int]) -> dict[int, list[PlannedKinds]]:
    """Return by contract, newest edition first, which kinds it caps by the support plan."""
    found = defaultdict(list)
    editions = ContractEdition.objects.filter(contract__in=contracts).order_by("-number")
    columns = ("contract", "applies_from", "content__remuneration")
    for contract, starts, remuneration in editions.values_list(*columns):
        found[contract].append(_kinds_of(starts, remuneration))
    return found


def _kinds_of(starts: date, remuneration: Sequence[Mapping]) -> PlannedKinds:
    capped = [
        terms for terms in remuneration if (terms.get("cap") or {}).get("source") == "support_plan"
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
    return PlannedKinds(starts, kinds, changes[0] if changes else "by_days", in_turns)
