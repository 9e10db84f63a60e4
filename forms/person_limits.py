"""What a client's cases used of the limits per person: the balances that statements keep."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.formats import money
from contracts.billing import Line, Period, Segment, compute, parse_terms, segments, to_cents
from contracts.billing.hourly_rate import HourlyRate
from contracts.billing.hourly_rate.person import used_by
from contracts.billing.limits import Limits
from contracts.models import Contract, ContractEdition
from forms.fact_rows import FactRows
from forms.models import Case
from forms.quantities import ContractFacts, Ground, grounds_of
from forms.usage import approximate, level, percent

SPANS = {
    "month": gettext_noop("in the month"),
    "year": gettext_noop("in the year"),
    "contract": gettext_noop("in the whole contract"),
}
"""For which stretch of time a limit per person counts."""


@dataclass(frozen=True)
class PersonLimitUse:
    """One limit per person, and what all cases of the client used of it, in units or EUR."""

    label: str
    per: Literal["month", "year", "contract"]
    unit: str
    whole: Fraction
    used: Fraction

    @property
    def percent(self) -> int | None:
        """Used of the whole, rounded down."""
        return percent(self.used, self.whole)

    @property
    def level(self) -> str:
        """How urgent it is."""
        return level(self.used, self.whole)

    @property
    def span(self) -> str:
        """For which stretch of time it counts."""
        return _(SPANS[self.per])

    @property
    def text(self) -> str:
        """Used and agreed: 30 of 50 h."""
        if self.unit == "EUR":
            texts = money(to_cents(self.used)), money(to_cents(self.whole))
        else:
            texts = approximate(self.used), f"{approximate(self.whole)} {self.unit}"
        return _("%(used)s of %(whole)s") % {"used": texts[0], "whole": texts[1]}


def person_limits(case: Case, day: date) -> list[PersonLimitUse]:
    """Return the limits per person that hold for a case on a day, with what is used until then.

    Until the end of the day's month, as its statement will read it. Of a contract that has none
    one query is asked.
    """
    editions = ContractEdition.objects.filter(contract=case.contract_id)
    agreed = editions.values_list("content__remuneration", flat=True)
    if not any(terms.get("person_limit") for edition in agreed for terms in edition):
        return []
    limits = Limits()
    run, _lines = computed_for(case, Period.month_of(day), limits)
    limited = {
        terms.key: terms
        for segment in run
        for piece in segment.pieces
        if piece.days.contains(day)
        for terms in piece.terms
        if terms.person_limit
    }
    return [_of(terms, limits, case.client_id, day) for terms in limited.values()]


def computed_for(
    case: Case, period: Period, limits: Limits | None = None
) -> tuple[list[Segment], tuple[Line, ...]]:
    """Return what hourly rates come to in a period for all cases of the client in the contract.

    With the segments, as statements compute them; `limits` keeps the balances.
    """
    ground = grounds_of([case.contract], client=case.client_id).get(case.contract_id)
    if ground is None:
        return [], ()
    run = _segments(ground, period)
    return run, compute(run, ContractFacts(case.contract, ground, client=case.client_id), limits)


def computed_of(
    contracts: Collection[int], period: Period
) -> dict[int, tuple[list[Segment], tuple[Line, ...]]]:
    """Return what `computed_for` does of all cases of contracts, by their keys.

    As many queries for many contracts as for one.
    """
    found: dict[int, tuple[list[Segment], tuple[Line, ...]]] = {key: ([], ()) for key in contracts}
    if not found:
        return found
    rows = Contract.objects.in_bulk(found)
    grounds, fetched = grounds_of(list(rows.values())), FactRows()
    asked = []
    for key, ground in grounds.items():
        run, facts = _segments(ground, period), ContractFacts(rows[key], ground, fetched)
        for segment in run:
            for terms in segment.terms:
                facts.share(segment, terms)
        asked.append((key, run, facts))
    return found | {key: (run, compute(run, facts)) for key, run, facts in asked}


def _segments(ground: Ground, period: Period) -> list[Segment]:
    """Return the segments of a period in which hourly rates are agreed on."""
    timeline = [
        (each.applies_from, each.number, _hourly(each.agreed.remuneration))
        for each in ground.obliged.editions
    ]
    return segments(timeline, period, first=ground.obliged.first, last=ground.obliged.last)


def _hourly(remuneration) -> tuple[HourlyRate, ...]:
    return tuple(terms for terms in map(parse_terms, remuneration) if isinstance(terms, HourlyRate))


def _of(terms: HourlyRate, limits: Limits, client: int, day: date) -> PersonLimitUse:
    limit = terms.person_limit
    used = Fraction(used_by(terms, limits, ("person", client), day.year, day.month))
    if limit.amount is not None:
        return PersonLimitUse(terms.label, limit.per, "EUR", Fraction(limit.amount), used)
    units = used / Fraction(terms.unit_minutes)
    return PersonLimitUse(terms.label, limit.per, terms.unit_label, Fraction(limit.quantity), units)
