"""Which statement settles a payment on account: every one of them in one period, none in two."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.billing import Period
from contracts.dates.obligations import Obligations
from contracts.models import Contract, Instalment
from jobs.models import Statement


class Paid(NamedTuple):
    """A payment on account: the last day of the time it was paid for, and EUR."""

    until: date
    amount: Decimal


def settles(day: date, period: Period, obliged: Obligations, issued: Sequence[Period]) -> bool:
    """Whether what was paid for a time that ends on a day is settled in a period (D19).

    That is the period in which the time it was paid for ends. What was paid for a time that ends
    after the contract's last day is settled with the last one, for a time that ends before its
    first with the first: no later or earlier statement would ever take it. Where a statement was
    issued for a time before it was known that the contract had ended, it keeps what it took.
    `issued` are the periods of the contract's originals that were issued.
    """
    if period.cut(obliged.first, obliged.last) is None:
        return period in issued and period.contains(day)
    if period.contains(day):
        return True
    if day < period.first:
        return period.contains(obliged.first)
    ends_here = obliged.last is not None and period.contains(obliged.last)
    later = (billed for billed in issued if billed.first > period.last)
    return ends_here and not any(billed.contains(day) for billed in later)


def settled_in(contract: Contract, period: Period, obliged: Obligations) -> list[Instalment]:
    """Return what was paid on account and is settled in a period, by day of payment."""
    paid = list(Instalment.objects.filter(contract=contract).order_by("paid_on", "reference"))
    issued = issued_originals([contract.pk]).get(contract.pk, []) if paid else []
    return [each for each in paid if settles(each.period_last, period, obliged, issued)]


def paid_on_account(contracts: Iterable[int]) -> dict[int, list[Paid]]:
    """Return what was paid on account, by the key of the contract."""
    found: dict[int, list[Paid]] = {}
    rows = Instalment.objects.filter(contract__in=list(contracts)).order_by("pk")
    for contract, *paid in rows.values_list("contract", "period_last", "amount"):
        found.setdefault(contract, []).append(Paid(*paid))
    return found


def issued_originals(contracts: Iterable[int]) -> dict[int, list[Period]]:
    """Return the periods of originals that were issued, by the key of the contract."""
    found: dict[int, list[Period]] = {}
    rows = Statement.objects.issued().filter(contract__in=list(contracts), sequence=0)
    days = rows.order_by("pk").values_list("contract", "period_first", "period_last")
    for contract, *ends in days:
        found.setdefault(contract, []).append(Period(*ends))
    return found
