"""Which contracts a run of statements is for: those billed for its period, or beyond their end."""

from collections.abc import Mapping
from datetime import date

from django.db.models import Sum

from contracts.billing import Period
from contracts.dates.obligations import Obligations
from jobs.models import Statement


def is_due(obliged: Obligations, period: Period, *, beyond: bool) -> bool:
    """Whether a run for a period is for a contract that obliges to this.

    Those that are billed in periods of this length; those that are billed `beyond` their end
    (`billed_beyond_end`). A period from–until that is no month, quarter, half or year is for all.
    """
    return period.cycle is None or beyond or bool(obliged.to_bill(period))


def bills_others(obliged: Obligations, period: Period) -> bool:
    """Whether a run for a period bills others in its place: a rhythm begins or ends inside."""
    return obliged.to_bill(period) not in ([], [period])


def billed_beyond_end(obliged: Mapping[int, Obligations]) -> set[int]:
    """Return the keys of contracts that statements still charge after their last day."""
    ends = {key: each.last for key, each in obliged.items() if each.last is not None}
    first_end = min(ends.values(), default=date.max)
    chains = Statement.objects.filter(contract__in=list(ends), period_first__gt=first_end)
    sums = chains.order_by().values("contract", "period_first", "period_last")
    found = sums.annotate(charged=Sum("total"), paid=Sum("instalments"))
    return {
        chain["contract"]
        for chain in found
        if chain["period_first"] > ends[chain["contract"]]
        and (round(chain["charged"], 2) or round(chain["paid"], 2))
    }
