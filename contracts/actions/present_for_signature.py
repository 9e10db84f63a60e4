"""Put a contract's draft before both parties for signature (A1-45)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Contract, ContractEdition, Signing
from contracts.signing_mails import tell_presented


def present_for_signature(contract: Contract, *, by, revision: int | None = None) -> Signing:
    """Present the draft as it was saved last; those who may sign for either party are told.

    `revision` is the one that the person was shown, where they were shown one.

    Raises ValidationError for a draft that was saved again since, is unfinished, says what the last
    edition says, or is presented already; and for what could not be published however often it
    were signed.
    """
    with transaction.atomic(), acting_as(by):
        stored = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if revision not in (None, stored.latest_revision_id):
            raise ValidationError(_("The draft was saved again meanwhile. Please look once more."))
        draft = stored.get_latest_revision_as_object() if stored.latest_revision_id else stored
        signing = signing_now(draft, by=by)
        if stored.signings.standing().exists():
            raise ValidationError(_("This draft has been presented for signature already."))
        if not signing.amends:
            _name_as_in(stored, draft)
        signing.full_clean()
        signing.save()
        tell_presented(signing)
    return signing


def signing_now(draft: Contract, *, by) -> Signing:
    """Return what would be presented of a draft, unsaved. Raises ValidationError as above."""
    if draft.latest_revision_id is None:
        raise ValidationError(_("The draft has to be saved in the content studio first."))
    draft.clean()
    draft.require_sound(draft.content())
    signing = Signing.of(draft, by=by)
    # What is annexed has to be there to be read.
    ContractEdition(contract=draft, content=signing.content).rows()
    if signing.amends and signing.says(signing.amends.applies_from, signing.amends.data):
        raise ValidationError(
            _("The draft says what edition %(number)s says: there is nothing to sign."),
            params={"number": signing.amends.number},
        )
    return signing


def _name_as_in(stored: Contract, draft: Contract) -> None:
    """Store the number, title and parties that a first draft names by now.

    Who reads and signs it, and is told, follows from what is stored, not from the draft.
    """
    names = [*(field.name for field in Contract.identity()), "title"]
    for name in names:
        setattr(stored, name, getattr(draft, name))
    stored.validate_unique()
    stored.save(update_fields=names)
