"""Take back what was presented for signature."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Signing


def withdraw_signing(signing: Signing, *, by, reason: str) -> Signing:
    """End a signing, with a reason for both parties. Raises ValidationError where it has ended."""
    with transaction.atomic(), acting_as(by, reason=reason):
        if not signing.end(Signing.Ending.WITHDRAWN, by=by, reason=reason):
            raise ValidationError(_("This text is no longer presented for signature."))
    return signing
