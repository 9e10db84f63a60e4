"""Which statement settles a payment on account: every one of them in one period, none in two."""

from django.db.models import Q, QuerySet

from contracts.billing import Period
from contracts.models import Contract, Instalment
from contracts.obligations import Obligations
from jobs.models import Statement


def settled_in(contract: Contract, period: Period, obliged: Obligations) -> QuerySet[Instalment]:
    """Return what was paid on account and is settled in a period (D19).

    That is the period in which the time it was paid for ends. What was paid for a time that ends
    after the contract's last day is settled with the last one, for a time that ends before its
    first with the first: no later or earlier statement would ever take it. Where a statement was
    issued for a time before it was known that the contract had ended, it keeps what it took.
    """
    of_contract = Instalment.objects.filter(contract=contract)
    own = Q(period_last__range=(period.first, period.last))
    if period.cut(obliged.first, obliged.last) is not None:
        if period.contains(obliged.first):
            own |= Q(period_last__lt=period.first)
        if obliged.last is not None and period.contains(obliged.last):
            later = Q(period_last__gt=period.last)
            for billed in _issued(contract).filter(period_first__gt=period.last):
                later &= ~Q(period_last__range=(billed.period_first, billed.period_last))
            own |= later
    elif not _issued(contract).filter(period_first=period.first, period_last=period.last).exists():
        return of_contract.none()
    return of_contract.filter(own)


def _issued(contract: Contract) -> QuerySet[Statement]:
    """Return the originals that were issued."""
    issued = Statement.objects.issued().filter(contract=contract, sequence=0)
    return issued.only("period_first", "period_last")
