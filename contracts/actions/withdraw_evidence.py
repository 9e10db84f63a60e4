"""Withdraw evidence: the file stays, and counts for nothing."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Evidence


def withdraw_evidence(evidence: Evidence, *, by, reason: str) -> Evidence:
    """Mark evidence as withdrawn. Raises ValidationError without a reason, or a second time."""
    reason = reason.strip()
    if not reason.strip():
        raise ValidationError({"reason": _("Withdrawing evidence needs a reason.")})
    with transaction.atomic(), acting_as(by, reason=reason):
        evidence = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
        if evidence.status == Evidence.Status.WITHDRAWN:
            raise ValidationError(_("This evidence was withdrawn already."))
        evidence.status, evidence.reason = Evidence.Status.WITHDRAWN, reason
        evidence.full_clean()
        evidence.save()
    return evidence
