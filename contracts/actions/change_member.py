"""Change who a person is and what they do."""

from collections.abc import Iterable

from django.db import transaction

from base.acting import acting_as
from contracts.actions.assign_roles import assign_roles, require_roles
from contracts.actions.invite_member import require_email
from contracts.models import Member


def change_member(
    member: Member,
    *,
    by,
    first_name: str,
    last_name: str,
    email: str,
    roles: Iterable[str],
    qualification: str = "",
) -> Member:
    """Store the names, the address, the roles and the qualification of a member.

    Raises ValidationError at the field that is not possible, and if nobody would be left who
    administers people.
    """
    wanted = require_roles(member.organisation, list(roles))
    user = member.user
    with transaction.atomic(), acting_as(by):
        require_email(email)
        user.first_name, user.last_name, user.email = first_name, last_name, email.lower()
        user.full_clean()
        user.save(update_fields=["first_name", "last_name", "email"])
        member.roles, member.qualification = wanted, qualification
        member.full_clean()
        member.save(update_fields=["roles", "qualification"])
        assign_roles(member)
    return member
