"""End a contract: with notice, or at once with reasons (A1-50)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.dates.obligations import obligations_of
from contracts.models import Contract, Notice, Organisation


def give_notice(
    *,
    by,
    contract: Contract,
    given_by: Organisation,
    received_on: date,
    extraordinary: bool = False,
    ends_on: date | None = None,
    reason: str = "",
) -> Notice:
    """Record a notice received in writing.

    Raises ValidationError without party or reasons (blank ones are none), for a receipt still to
    come, and for a last day before the contract's first: everything issued would be corrected to
    nothing.
    """
    if given_by not in (contract.commissioning_body, contract.provider):
        raise ValidationError(_("Only a party to the contract can give notice."))
    obliged = obligations_of([contract]).get(contract.pk)
    if ends_on is not None and obliged is not None and ends_on < obliged.first:
        raise ValidationError({"ends_on": _("The contract cannot end before it begins.")})
    notice = Notice(
        contract=contract,
        given_by=given_by,
        received_on=received_on,
        extraordinary=extraordinary,
        ends_on=ends_on,
        reason=reason.strip(),
    )
    with transaction.atomic(), acting_as(by):
        notice.full_clean()
        notice.save()
    return notice
