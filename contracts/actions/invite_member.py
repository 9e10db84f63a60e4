"""Take a person on: an account without a password, a membership, and an e-mail with a link."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from base.accounts.access import send_password_link
from base.acting import acting_as
from contracts.actions.assign_roles import assign_roles, require_roles
from contracts.models import Member, Organisation

INVITATION = "contracts/people/invitation"


def invite_member(
    *,
    by,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    organisation: Organisation,
    roles: Iterable[str],
    qualification: str = "",
) -> Member:
    """Make the account and the membership, and send the invitation; all of it or nothing.

    Raises ValidationError at the field that is missing, taken or not possible.
    """
    user = get_user_model()(
        username=username, first_name=first_name, last_name=last_name, email=email.lower()
    )
    user.set_unusable_password()
    roles = require_roles(organisation, list(roles))
    with transaction.atomic(), acting_as(by):
        require_email(email)
        user.full_clean()
        user.save()
        member = Member(
            user=user, organisation=organisation, roles=roles, qualification=qualification
        )
        member.full_clean()
        member.save()
        assign_roles(member)
        send_link(member, INVITATION)
    return member


def require_email(email: str) -> None:
    """Raise ValidationError for no address."""
    if not email:
        raise ValidationError({"email": _("Links to set a password need an e-mail address.")})


def send_link(member: Member, template: str) -> None:
    """Queue a link to set a password."""
    send_password_link(member.user, template, organisation=member.organisation)
