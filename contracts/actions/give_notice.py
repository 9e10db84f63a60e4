"""End a contract: with notice, or at once with reasons (A1-50)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract, Notice, Organisation


def give_notice(
    *,
    contract: Contract,
    given_by: Organisation,
    received_on: date,
    extraordinary: bool = False,
    ends_on: date | None = None,
    reason: str = "",
) -> Notice:
    """Record a notice received in writing. Raises ValidationError without party or reasons."""
    if given_by not in (contract.commissioning_body, contract.provider):
        raise ValidationError(_("Only a party to the contract can give notice."))
    notice = Notice(
        contract=contract,
        given_by=given_by,
        received_on=received_on,
        extraordinary=extraordinary,
        ends_on=ends_on,
        reason=reason,
    )
    with transaction.atomic():
        notice.full_clean()
        notice.save()
    return notice
