"""Confirm that one has signed a contract for one's own party (A1-45)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from contracts.models import ConfirmedSignature, Organisation, Signing
from contracts.signatures import parties_of
from contracts.signing_mails import tell_complete


def confirm_signature(
    signing: Signing, *, by, party: Organisation, function: str, signed_on: date, evidence: str
) -> ConfirmedSignature:
    """Record that a person signed for a party; managers are told of the last one that is needed.

    Raises ValidationError for who does not sign for the party, or did already, for a day to come,
    and where nothing more is to be signed: the text has changed meanwhile, or others have signed.
    """
    with transaction.atomic(), acting_as(by):
        signing = Signing.objects.select_for_update(of=("self",)).get(pk=signing.pk)
        if signing.ended_at is not None:
            raise ValidationError(_("This text is no longer presented for signature."))
        if party not in parties_of(by, signing.contract):
            raise ValidationError(_("You do not sign for this party."))
        given, needed = signing.standing_of(party)
        if given >= needed:
            raise ValidationError(
                _("%(party)s: all signatures that were agreed are confirmed."),
                params={"party": party.name},
            )
        signature = ConfirmedSignature(
            signing=signing,
            party=party,
            function=function.strip(),
            signed_on=signed_on,
            evidence=evidence.strip(),
            confirmed_by=by,
            confirmed_at=current_time(),
        )
        signature.full_clean()
        signature.save()
        if signing.is_complete:
            tell_complete(signing)
    return signature
