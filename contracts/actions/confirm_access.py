"""Confirm, as a second administrator, what another one did to a person's access."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from base.acting import acting_as, current_time
from contracts.access import require_settled
from contracts.models import AccessChange, Member


def confirm_access(member: Member, *, by) -> list[AccessChange]:
    """Confirm all open changes of a person's access that others made; money steps wait no longer.

    Raises ValidationError if there are none but one's own, for one's own account, and for an
    administrator whose own access waits for a confirmation.
    """
    if by.is_system or member.user_id == by.pk:
        raise ValidationError(_("Nobody confirms changes of their own access."))
    require_settled(by)
    with transaction.atomic(), acting_as(by):
        found = AccessChange.objects.select_for_update(of=("self",)).filter(user=member.user)
        found = [change for change in found.open().order_by("pk") if change.made_by_id != by.pk]
        if not found:
            raise ValidationError(
                _("There is nothing to confirm but what you did yourself: another one must.")
            )
        for change in found:
            change.confirmed_by, change.confirmed_at = by, current_time()
            change.full_clean()
            change.save(update_fields=["confirmed_by", "confirmed_at"])
    return found
