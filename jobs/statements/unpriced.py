"""Work that no term of its contract prices on its day: recorded, but in no statement."""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import or_

from django.db.models import Count, Q, Sum
from django.utils.translation import ngettext

from base.facts import Fact
from contracts.billing import Facts, Period, parse_terms, priced
from contracts.billing.computation import Priced
from contracts.dates.obligations import Obligations
from contracts.models import Contract
from forms.fact_rows import FactRows, WorkAsked, WorkRow
from forms.models import ServiceRecord
from forms.usage import approximate

MINUTES_PER_HOUR = 60

Sums = dict[tuple[str, str], tuple[int, int]]
"""Records and minutes, by stage and kind of work."""


@dataclass(frozen=True)
class Unpriced:
    """Records of one kind of work, or completions of one stage, without a price."""

    what: str
    records: int
    minutes: int

    @property
    def text(self) -> str:
        """It in words."""
        template = ngettext(
            "%(what)s: %(count)d record (%(hours)s h) that no remuneration prices",
            "%(what)s: %(count)d records (%(hours)s h) that no remuneration prices",
            self.records,
        )
        hours = approximate(Fraction(self.minutes, MINUTES_PER_HOUR))
        return template % {"what": self.what, "count": self.records, "hours": hours}


def unpriced_work(
    contract: Contract, period: Period, obliged: Obligations, known: FactRows | None = None
) -> list[Unpriced]:
    """Return the work of a period that the contract in force on its day has no price for.

    Agreeing on a kind of work without paying for it is allowed; that nobody notices is not.
    `known` may have been asked for that work already.
    """
    timeline = [
        (each.applies_from, each.number, tuple(map(parse_terms, each.agreed.remuneration)))
        for each in obliged.editions
    ]
    stretches = priced(timeline, period, first=obliged.first, last=obliged.last)
    if known and len(stretches) == 1:
        days, names = stretches[0]
        if found := known.known_work(contract.pk, days):
            return _told(contract, _without_price(*found, names) if _speaks(names) else {})
    without = [
        Q(day__range=(days.first, days.last))
        & (
            (Q(stage="") & ~Q(kind__in=names[Facts.WORK]))
            | (~Q(stage="") & ~Q(stage__in=names[Facts.COMPLETION]))
        )
        for days, names in stretches
        if _speaks(names)
    ]
    if not without:
        return []
    rows = (
        ServiceRecord.objects.filter(contract=contract, status=Fact.Status.SUBMITTED)
        .filter(reduce(or_, without))
        .order_by()
        .values_list("stage", "kind")
        .annotate(records=Count("pk"), total=Sum("minutes"))
    )
    return _told(contract, {(stage, kind): tuple(sums) for stage, kind, *sums in rows})


def _speaks(names: Priced) -> bool:
    """Whether work can be without a price.

    Where costs are refunded and nothing is priced apart, the costs pay for all the work.
    """
    return bool(names[Facts.WORK] or names[Facts.COMPLETION] or not names[Facts.COST])


def _without_price(asked: WorkAsked, rows: list[WorkRow], names: Priced) -> Sums:
    """Return what rows have that is not priced, by stage and kind."""
    found: Sums = {}
    kinds, stages = names[Facts.WORK], names[Facts.COMPLETION]
    for _contract, _case, _bucket, kind, stage, *_size, amount, number, _sources in rows:
        if stage in stages if stage else kind in kinds:
            continue
        records, minutes = found.get((stage, kind), (0, 0))
        total = amount * number if asked.by_record else amount
        found[stage, kind] = records + number, minutes + total
    return found


def _told(contract: Contract, sums: Sums) -> list[Unpriced]:
    labels = _labels(contract) if sums else {}
    return [
        Unpriced(labels.get(stage or kind, stage or kind), records, minutes)
        for (stage, kind), (records, minutes) in sorted(sums.items())
    ]


def _labels(contract: Contract) -> dict[str, str]:
    """Return what kinds of work and stages are called, in the words of the newest edition."""
    found: dict[str, str] = {}
    for edition in contract.editions.order_by("number"):
        found |= {kind.key: kind.label for kind in edition.data.kinds_of_work}
        for terms in edition.data.remuneration:
            found |= {stage.key: stage.label for stage in getattr(terms, "stages", ())}
    return found
