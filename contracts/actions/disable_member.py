"""Close a person's access, and open it again; what they did stays theirs."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from base.acting import acting_as
from contracts.actions.assign_roles import assign_roles
from contracts.leaving import set_open
from contracts.models import Member
from contracts.models.rules.last_administrator import require_administrator


def disable_member(member: Member, *, by, reason: str) -> Member:
    """End a membership at once; what follows for sessions and account is `contracts.leaving`.

    Raises ValidationError without a reason, for oneself, and for the last administrator.
    """
    require_reason(reason)
    if member.user == by:
        raise ValidationError(_("Nobody disables their own account."))
    with transaction.atomic(), acting_as(by, reason=reason):
        member.active = False
        require_administrator(member)
        member.save(update_fields=["active"])
        assign_roles(member)
    return member


def enable_member(member: Member, *, by, reason: str) -> Member:
    """Open the membership and the account again. Raises ValidationError without a reason."""
    require_reason(reason)
    with transaction.atomic(), acting_as(by, reason=reason):
        member.active = True
        member.save(update_fields=["active"])
        set_open(member.user, True)
        assign_roles(member)
    return member


def require_reason(reason: str) -> None:
    """Raise ValidationError at `reason` if it is empty."""
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
