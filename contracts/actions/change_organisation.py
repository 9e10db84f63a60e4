"""Change what an organisation says of itself: address, contact, taxes; the account apart."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base import formats
from base.acting import acting_as, current_time
from contracts.access import require_settled, require_untouched
from contracts.bank import require_iban, spelled_iban
from contracts.bank_mails import (
    tell_applied,
    tell_entered,
    tell_other_address,
    tell_withdrawn,
)
from contracts.models import BankChange, Organisation

FIELDS = (
    *("name", "street", "postcode", "city", "email", "phone", "contact"),
    *("tax_number", "tax_exemption"),
)
"""What an administrator changes at once; who pays whom hangs on none of it."""


def change_organisation(
    organisation: Organisation, values: Mapping[str, str], *, by, reason: str
) -> Organisation:
    """Store what letters name from now on. Raises ValidationError for wrong values.

    An e-mail address that is not the organisation's any more is told: at the new one nobody would
    hear of another account who knows the old one.
    """
    if unknown := values.keys() - set(FIELDS):
        raise ValueError(unknown)
    with transaction.atomic(), acting_as(by, reason=reason):
        stored = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
        before = stored.email
        for name, value in values.items():
            setattr(stored, name, value)
        stored.full_clean()
        stored.save()
        if before and before.lower() != stored.email.lower():
            tell_other_address(stored, before, by=by)
    return stored


def enter_account(
    organisation: Organisation, *, iban: str, bic: str, reason: str, by
) -> BankChange:
    """Enter another account, which counts once a second administrator has confirmed it.

    The organisation and those who look after it are told. Raises ValidationError for a wrong IBAN
    or BIC, for the account it has, and while another change waits.
    """
    iban, bic = spelled_iban(iban), spelled_iban(bic)
    try:
        require_iban(iban)
    except ValidationError as error:
        raise ValidationError({"iban": error}) from error
    if (iban, bic) == (organisation.iban, organisation.bic):
        raise ValidationError(_("This is the account that is stored already."))
    change = BankChange(
        organisation=organisation,
        old_iban=organisation.iban,
        iban=iban,
        bic=bic,
        reason=reason.strip(),
        made_by=by,
        made_at=current_time(),
    )
    with transaction.atomic(), acting_as(by, reason=reason):
        Organisation(pk=organisation.pk, bic=bic).clean_fields(
            exclude=[field.name for field in Organisation._meta.fields if field.name != "bic"]
        )
        change.full_clean()
        change.save()
        tell_entered(change)
    return change


def confirm_account(change: BankChange, *, by) -> BankChange:
    """Let an account count: letters name it from now on, and the same people are told.

    Raises ValidationError for who entered it, before the waiting time is over; for who is no second
    person beside them; and where nothing waits any more.
    """
    with transaction.atomic(), acting_as(by, reason=change.reason):
        change = _locked(change)
        if by.pk != change.made_by_id:
            require_settled(by)
            require_untouched(change.made_by_id, by=by, since=change.made_at)
        elif current_time() < change.waits_until:
            day = formats.day(timezone.localtime(change.waits_until).date())
            raise ValidationError(
                _("A second administrator confirms it, or you yourself from %(day)s on."),
                params={"day": day},
            )
        organisation = Organisation.objects.select_for_update(of=("self",)).get(
            pk=change.organisation_id
        )
        organisation.iban, organisation.bic = change.iban, change.bic
        organisation.save()
        change.applied_by, change.applied_at = by, current_time()
        change.save()
        tell_applied(change)
    return change


def withdraw_account(change: BankChange, *, by) -> BankChange:
    """Take back an account that does not count yet. Raises ValidationError as above."""
    with transaction.atomic(), acting_as(by):
        change = _locked(change)
        change.withdrawn_by, change.withdrawn_at = by, current_time()
        change.save()
        tell_withdrawn(change)
    return change


def _locked(change: BankChange) -> BankChange:
    found = BankChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if not found.is_open:
        raise ValidationError(_("This change of the account does not wait any more."))
    return found
