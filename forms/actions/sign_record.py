"""Keep that a client has signed a service record, drawn or on paper, or why there is no signature.

A signature is under one version of the record. It is never changed: a record is signed anew where
what the client has signed was corrected.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from forms.models import Case, RecordSignature, ServiceRecord
from forms.signatures import asks_for_signature, signature_of
from forms.strokes import Strokes


def sign_record(
    record: ServiceRecord,
    *,
    by,
    version: int,
    strokes: Strokes | None = None,
    paper: str = "",
    why: str = "",
    signed_on: date | None = None,
) -> RecordSignature:
    """Store a signature under a record as it was when it was shown; on `signed_on`, or today.

    With `why` it is noted that there is none, for one of the reasons of `RecordSignature.Why`.
    What is stored already is found again. Raises ValidationError where the contract asks for no
    signature, where somebody was faster or has changed the record, and for what is no signature.
    """
    with transaction.atomic(), acting_as(by):
        Case.objects.filter(pk=record.case_id).lock()
        current = ServiceRecord.objects.select_for_update().get(pk=record.pk)
        if current.version != version:
            raise ValidationError(
                _("Somebody else has changed this record meanwhile. Please look at it again."),
                code="stale",
            )
        if not asks_for_signature(current.contract_id, current.day):
            raise ValidationError(_("The contract asks for no signature under this record."))
        said = {
            "way": _way(strokes, why),
            "strokes": strokes,
            "paper": paper.strip(),
            "why": why,
            "signed_on": signed_on or timezone.localdate(current_time()),
        }
        if stored := signature_of(current):
            if all(getattr(stored, name) == value for name, value in said.items()):
                return stored
            raise ValidationError(_already(stored))
        signature = RecordSignature(
            record=current, version=version, entered_by=by, entered_at=current_time(), **said
        )
        signature.full_clean()
        signature.save()
    return signature


def _way(strokes: Strokes | None, why: str) -> RecordSignature.Way:
    if why:
        return RecordSignature.Way.NONE
    return RecordSignature.Way.PAPER if strokes is None else RecordSignature.Way.DRAWN


def _already(stored: RecordSignature):
    if stored.way == RecordSignature.Way.NONE:
        return _("It is noted already that there is no signature under this record.")
    return _("This record is signed already.")
