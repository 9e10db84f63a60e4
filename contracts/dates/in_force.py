"""The one answer to whether a contract is in force on a day, and the one refusal where it is not.

What is paid, recorded and opened asks here, so that nothing is accepted that nobody will pay: a
contract is in force from the first to the last day of `Obligations`, as statements bill it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import current_time
from contracts.dates.obligations import Obligations, obligations_of
from contracts.models import Contract


class InForce:
    """When contracts, given by key, are in force; looked up once for a batch.

    Asked of what was recorded at some moment, notices count that had been received by then: late
    knowledge leaves work without pay, but does not make what was recorded before impossible.
    """

    def __init__(self, contracts: Iterable[int]):
        rows = Contract.objects.filter(pk__in=set(contracts)).only("pk", "number")
        self._numbers = {contract.pk: contract.number for contract in rows}
        self._obliged = obligations_of(rows)

    def of(self, contract: int) -> Obligations | None:
        """Return what a contract obliges to; None where it is not concluded."""
        return self._obliged.get(contract)

    def require(self, contract: int, day: date, *, known_on: date | None = None) -> None:
        """Raise ValidationError where a contract is not in force on a day.

        `known_on` is when this was recorded: today, unless files or the context say otherwise.
        """
        number, obliged = self._numbers[contract], self.of(contract)
        if obliged is None:
            raise ValidationError(
                _("Contract %(number)s is not concluded."), params={"number": number}
            )
        if obliged.notices:
            known_on = known_on or timezone.localdate(current_time())
            known = tuple(each for each in obliged.notices if each.received_on <= known_on)
            obliged = replace(obliged, notices=known)
        if day < obliged.first:
            raise ValidationError(
                _("Contract %(number)s is not in force on %(day)s: it begins on %(first)s."),
                code="not_in_force",
                params={"number": number, "day": day, "first": obliged.first},
            )
        if obliged.last is not None and day > obliged.last:
            raise ValidationError(
                _("Contract %(number)s is not in force on %(day)s: it ends on %(last)s."),
                code="not_in_force",
                params={"number": number, "day": day, "last": obliged.last},
            )


def require_in_force(contract: Contract, day: date) -> None:
    """Raise ValidationError where the contract is not in force on a day."""
    InForce([contract.pk]).require(contract.pk, day)


def ended_before(contracts: Iterable[Contract], day: date) -> dict[int, date]:
    """Return the last days of those contracts that have ended before a day, by key."""
    return {
        key: obliged.last
        for key, obliged in obligations_of(contracts).items()
        if obliged.last is not None and obliged.last < day
    }
