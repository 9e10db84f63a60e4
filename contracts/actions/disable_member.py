"""Close a person's access, and open it again; what they did stays theirs."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from base.accounts.access import end_sessions
from base.acting import acting_as
from contracts.actions.assign_roles import assign_roles
from contracts.models import Member
from contracts.models.last_administrator import require_administrator


def disable_member(member: Member, *, by, reason: str) -> Member:
    """End a membership at once, sessions included; without another one, the account is closed.

    Raises ValidationError without a reason, for oneself, and for the last administrator.
    """
    require_reason(reason)
    if member.user == by:
        raise ValidationError(_("Nobody disables their own account."))
    with transaction.atomic(), acting_as(None, reason=reason):
        member.active = False
        require_administrator(member)
        member.save(update_fields=["active"])
        if not Member.objects.filter(user=member.user, active=True).exists():
            _set_active(member.user, active=False)
        assign_roles(member)
        end_sessions(member.user)
    return member


def enable_member(member: Member, *, reason: str) -> Member:
    """Open the membership and the account again. Raises ValidationError without a reason."""
    require_reason(reason)
    with transaction.atomic(), acting_as(None, reason=reason):
        member.active = True
        member.save(update_fields=["active"])
        _set_active(member.user, active=True)
        assign_roles(member)
    return member


def require_reason(reason: str) -> None:
    """Raise ValidationError at `reason` if it is empty."""
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})


def _set_active(user, *, active: bool) -> None:
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
