"""What the support plan grants for each month, and how much of it was used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import Sum

from base.facts import Fact
from cms.totals import MINUTES_PER_HOUR
from contracts.models import ContractEdition
from contracts.working_days import last_day_of_month
from forms.models import Case, SupportPlan
from forms.usage import level, percent


@dataclass(frozen=True)
class PlanMonth:
    """What the support plan grants for a calendar month, and what was used of it, in hours."""

    first: date
    granted: Fraction | None
    used: Fraction

    @property
    def percent(self) -> int | None:
        """Used of what was granted, rounded down."""
        return percent(self.used, self.granted or Fraction(0))

    @property
    def level(self) -> str:
        """How urgent it is."""
        return level(self.used, self.granted or Fraction(0))

    @property
    def rest(self) -> Fraction:
        """Hours left in the month."""
        return max((self.granted or Fraction(0)) - self.used, Fraction(0))


def plan_months(case: Case, until: date, *, months: int = 6) -> list[PlanMonth]:
    """Return the support plan's last months, newest first; none where there is no plan.

    Counted is the work that the contract caps by the support plan, weighted and shared as it
    agrees; without such terms all work, of group sessions the share in the staff's time (D13).
    Rounding to increments is the statement's business.
    """
    plans = list(case.support_plans.order_by("valid_from"))
    if not plans:
        return []
    firsts = _months_back(until, max(plans[0].valid_from, case.assigned_on), months)
    used = _plan_work(case, firsts[-1], until) if firsts else {}
    return [
        PlanMonth(first, _granted(plans, first), used.get(first, Fraction(0))) for first in firsts
    ]


def _months_back(until: date, since: date, months: int) -> list[date]:
    found, first = [], until.replace(day=1)
    while len(found) < months and first >= since.replace(day=1):
        found.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _granted(plans: Sequence[SupportPlan], first: date) -> Fraction | None:
    """Of the plans in force on any day of the month, the one that begins last counts."""
    last = last_day_of_month(first)
    in_force = [
        plan
        for plan in plans
        if plan.valid_from <= last and (plan.valid_until is None or plan.valid_until >= first)
    ]
    return Fraction(in_force[-1].hours_per_month) if in_force else None


def _plan_work(case: Case, first: date, last: date) -> dict[date, Fraction]:
    """Return hours by month."""
    rows = (
        case.service_records.filter(status=Fact.Status.SUBMITTED, day__range=(first, last))
        .order_by()
        .values_list("day", "kind", "participants", "counsellors", "session")
        .annotate(total=Sum("minutes"))
    )
    terms = _capped_kinds(case)
    found: dict[date, Fraction] = {}
    for day, kind, participants, counsellors, session, minutes in rows:
        agreed = next((kinds for start, kinds in terms if start <= day), None)
        weight, shared = Fraction(1), bool(session)
        if agreed:
            if kind not in agreed:
                continue
            weight, shared = agreed[kind]
        share = Fraction(counsellors, participants) if shared else Fraction(1)
        month = day.replace(day=1)
        hours = minutes * weight * share / MINUTES_PER_HOUR
        found[month] = found.get(month, Fraction(0)) + hours
    return found


def _capped_kinds(case: Case) -> list[tuple[date, dict[str, tuple[Fraction, bool]]]]:
    """Return, newest edition first, which kinds the contract caps by the support plan.

    By kind: its weight, and whether a group shares the staff's time.
    """
    found = []
    editions = ContractEdition.objects.filter(contract=case.contract_id).order_by("-number")
    for starts, remuneration in editions.values_list("applies_from", "content__remuneration"):
        kinds = {
            kind["key"]: (Fraction(kind.get("weight", "1")), kind.get("share") == "staff")
            for terms in remuneration
            if (terms.get("cap") or {}).get("source") == "support_plan"
            for kind in terms["kinds"]
        }
        found.append((starts, kinds))
    return found
