"""Withdraw a notice: both parties agree that the contract goes on (D48)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.ends import require_past
from contracts.dates.obligations import obligations_of
from contracts.models import Contract, Notice


def withdraw_notice(
    notice: Notice, *, by, on: date, agreed_by_body: str, agreed_by_provider: str, reason: str
) -> Notice:
    """Record that both parties agreed on a day to withdraw a notice; who agreed for each is named.

    Raises ValidationError without a person of each side or a reason, for a day before the notice
    was received or to come, for what is withdrawn already, and after the contract has ended: what
    has ended does not go on by itself, it is concluded anew.
    """
    with transaction.atomic(), acting_as(by, reason=reason):
        Contract.objects.select_for_update(of=("self",)).values_list("pk").get(
            pk=notice.contract_id
        )
        notice = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
        if notice.is_withdrawn:
            raise ValidationError(_("This notice is withdrawn already."))
        if on < notice.received_on:
            raise ValidationError(
                {"on": _("A notice is not withdrawn before it was received.")}, code="too_early"
            )
        require_past(on, at="on")
        obliged = obligations_of([notice.contract]).get(notice.contract_id)
        if obliged is not None and obliged.last is not None and on > obliged.last:
            raise ValidationError(
                {"on": _("The contract had ended by then: it can only be concluded anew.")}
            )
        notice.withdrawn_on = on
        notice.agreed_by_body = agreed_by_body.strip()
        notice.agreed_by_provider = agreed_by_provider.strip()
        notice.withdrawal_reason = reason
        notice.full_clean()
        notice.save()
    return notice
