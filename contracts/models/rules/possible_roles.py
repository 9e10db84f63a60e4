"""Which roles there are in which kind of organisation."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contracts.rights import BODY, PROVIDER
from contracts.roles import Role


def roles_in(organisation) -> list[Role]:
    """Return the roles a member of this organisation can have, in their usual order."""
    body = organisation.kind == organisation.Kind.COMMISSIONING_BODY
    return [role for role in Role if role in (BODY if body else PROVIDER)]


def require_possible(roles: Iterable[str], organisation) -> None:
    """Raise ValidationError at `roles` for one that an organisation of its kind does not have."""
    possible = roles_in(organisation)
    if strange := [role for role in roles if role not in possible]:
        raise ValidationError(
            {
                "roles": _(
                    "%(roles)s: not possible in %(organisation)s; possible are %(possible)s."
                )
                % {
                    "roles": ", ".join(str(Role(role).label) for role in strange),
                    "organisation": organisation,
                    "possible": ", ".join(str(role.label) for role in possible),
                }
            }
        )
