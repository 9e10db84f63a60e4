"""Somebody administers the people of an organisation, whichever way members are changed."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contracts.roles import Role


def require_administrator(member) -> None:
    """Raise ValidationError if this change leaves nobody to administer the organisation's people.

    `member` is as it shall be stored. Who administers another one's people does not reach these.
    Locks the administrators until the transaction ends, so that two of them cannot disable each
    other at the same moment.
    """
    if _administers(member):
        return
    standing = type(member)._base_manager.filter(
        organisation=member.organisation_id, active=True, user__is_active=True
    )
    if not any(_administers(stored) for stored in standing.filter(pk=member.pk)):
        return
    locked = standing.select_for_update(of=("self",)).order_by("pk")
    others = [other for other in locked if other.user_id != member.user_id]
    if not any(map(_administers, others)):
        raise ValidationError(
            _(
                "%(person)s is the last administrator of %(organisation)s. Give somebody else "
                "there that role first."
            ),
            params={"person": member, "organisation": member.organisation},
        )


def _administers(member) -> bool:
    return member.active and Role.ADMINISTRATOR in member.roles
