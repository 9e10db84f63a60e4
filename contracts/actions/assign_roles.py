"""Give members the roles they work in.

Rights follow from roles at once (`contracts.rights`), in the studio as in the workspace. Wagtail
asks some tables of its own by group, so that accounts are in the groups of their roles as well.
Nobody becomes a superuser by a role: that is for `createsuperuser`, where all else fails.
"""

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from base.accounts.granting import granting_by_role
from contracts.models import Member, Organisation
from contracts.models.rules.possible_roles import require_possible, roles_in
from contracts.roles import Role
from contracts.studio_rights import OF_ROLES

STUDIO_GROUPS = {Role.MANAGER: "Studio", Role.ADMINISTRATOR: "Administrators"}
"""The group of Wagtail a role belongs to."""


def require_roles(organisation: Organisation, roles) -> list[str]:
    """Return the roles, each once and in their usual order.

    Raises ValidationError at `roles` for none, and for one that an organisation of its kind does
    not have.
    """
    possible = roles_in(organisation)
    if not roles:
        raise ValidationError({"roles": _("Please choose at least one role.")})
    require_possible(roles, organisation)
    return [str(role) for role in possible if role in roles]


def studio_group(role: Role) -> Group:
    """Return the group of a role, with its permissions in the studio up to date."""
    group, _made = Group.objects.get_or_create(name=STUDIO_GROUPS[role])
    wanted = Q()
    for permission in OF_ROLES[role]:
        app, code = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=code)
    group.permissions.set(Permission.objects.filter(wanted))
    return group


def assign_roles(member: Member) -> None:
    """Bring the groups of a member's account in line with the roles of all its memberships."""
    with transaction.atomic(), granting_by_role():
        memberships = Member.objects.filter(user=member.user, active=True).order_by("pk")
        held = {role for roles in memberships.values_list("roles", flat=True) for role in roles}
        for role, name in STUDIO_GROUPS.items():
            if role in held:
                member.user.groups.add(studio_group(role))
            else:
                member.user.groups.remove(*Group.objects.filter(name=name))
