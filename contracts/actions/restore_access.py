"""Help a person back in: a new link to set the password, a new second factor.

Neither changes a recorded field, so each is noted in the account's history by a reason alone.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from base.accounts.access import end_sessions, remove_second_factor
from base.acting import acting_as
from base.history import CHANGED, record_history
from contracts.access import record_access_change
from contracts.actions.disable_member import require_reason
from contracts.actions.invite_member import INVITATION, send_link
from contracts.models import AccessChange, Member

NEW_PASSWORD = "contracts/people/new_password"  # noqa: S105


def resend_link(member: Member, *, by) -> Member:
    """Send a link to set the password: the invitation again to who has none yet.

    The password stays until the link is used; links sent before stay valid for their time.
    Raises ValidationError for a disabled account.
    """
    user = member.user
    if not user.is_active:
        raise ValidationError(_("The account is disabled. Enable it first."))
    invited = not user.has_usable_password()
    with transaction.atomic(), acting_as(by):
        record_access_change(user, AccessChange.Kind.PASSWORD, address="")
        _note(user, _("Invitation sent again") if invited else _("Link for a new password sent"))
        send_link(member, INVITATION if invited else NEW_PASSWORD)
    return member


def reset_second_factor(member: Member, *, by, reason: str) -> Member:
    """Take the second factor away, as for a lost phone, and end the person's sessions.

    Raises ValidationError without a reason, and if there is none.
    """
    require_reason(reason)
    with transaction.atomic(), acting_as(by):
        if not remove_second_factor(member.user):
            raise ValidationError(_("There is no second factor to reset."))
        end_sessions(member.user)
        _note(member.user, _("Second factor reset: %(reason)s") % {"reason": reason})
    return member


def _note(user, text: str) -> None:
    with acting_as(None, reason=text):
        record_history(type(user), [user.pk], CHANGED)
