"""Record a payment on account, and correct what was recorded."""

from datetime import date
from decimal import Decimal
from itertools import count

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.access import require_settled
from contracts.billing import Period
from contracts.models import Contract, Instalment
from contracts.models.closed_year import lock_books


def pay_instalment(
    contract: Contract,
    *,
    amount: Decimal,
    paid_on: date,
    period: Period,
    by,
    reference: str = "",
) -> Instalment:
    """Record a payment on account for a period (D19); without a reference it gets one.

    Raises ValidationError for nothing paid, a reference that is taken, and what else the model
    refuses.
    """
    require_settled(by)
    with transaction.atomic(), acting_as(by):
        # Not so far that rows of the contract, from a file that holds the books, wait for it.
        held = Contract.objects.select_for_update(of=("self",), no_key=True)
        held.values_list("pk").get(pk=contract.pk)
        instalment = Instalment(
            contract=contract,
            reference=reference or _next_reference(contract, paid_on),
            amount=amount,
            paid_on=paid_on,
            period_first=period.first,
            period_last=period.last,
        )
        instalment.full_clean()
        instalment.save()
    return instalment


def change_instalment(
    instalment: Instalment, *, by, reason: str, amount: Decimal, paid_on: date, period: Period
) -> Instalment:
    """Correct an instalment; an amount of 0 takes it back.

    A statement issued before stays as it is: the next run makes its correction. Raises
    ValidationError without a reason or a change.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("An instalment changes only with a reason.")})
    values = {
        "amount": amount,
        "paid_on": paid_on,
        "period_first": period.first,
        "period_last": period.last,
    }
    require_settled(by)
    with transaction.atomic(), acting_as(by, reason=reason.strip()):
        # In the order in which a file does: neither waits for what the other holds.
        lock_books(instalment.contract.commissioning_body_id)
        instalment = Instalment.objects.select_for_update(of=("self",)).get(pk=instalment.pk)
        if all(getattr(instalment, name) == value for name, value in values.items()):
            raise ValidationError(_("Nothing has changed."))
        for name, value in values.items():
            setattr(instalment, name, value)
        instalment.full_clean()
        instalment.save()
    return instalment


def _next_reference(contract: Contract, paid_on: date) -> str:
    """Return the first free of A-2024-001, A-2024-002, …"""
    stored = Instalment.objects.filter(contract=contract, reference__startswith="A-")
    taken = set(stored.values_list("reference", flat=True))
    names = (f"A-{paid_on.year}-{number:03d}" for number in count(1))
    return next(name for name in names if name not in taken)
