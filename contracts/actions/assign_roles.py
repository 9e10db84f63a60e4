"""Give members the rights their roles carry in the content studio.

Managers write and approve content; administrators may do everything. Everybody else works in the
workspace, where rights follow from rows (decision 9).
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from contracts.models import Member
from contracts.models.organisation import Role

STUDIO_GROUP = "Studio"
EDITED = {
    "cms": ("catalogue", "description"),
    "contracts": ("contract",),
    "forms": ("formdefinition",),
}
VERBS = ("add", "change", "publish", "lock", "unlock")


def studio_group() -> Group:
    """Return the group that may write and approve content, with its permissions up to date."""
    group, _made = Group.objects.get_or_create(name=STUDIO_GROUP)
    wanted = Permission.objects.filter(
        content_type__app_label="wagtailadmin", codename="access_admin"
    )
    for app, models in EDITED.items():
        names = [f"{verb}_{model}" for verb in VERBS for model in models]
        wanted |= Permission.objects.filter(content_type__app_label=app, codename__in=names)
    group.permissions.set(wanted)
    return group


def assign_roles(member: Member) -> None:
    """Bring a member's account in line with the member's roles."""
    user = member.user
    with transaction.atomic():
        if Role.MANAGER in member.roles and member.active:
            user.groups.add(studio_group())
        else:
            user.groups.remove(*Group.objects.filter(name=STUDIO_GROUP))
        superuser = Role.ADMINISTRATOR in member.roles and member.active
        if user.is_superuser != superuser or user.is_staff != superuser:
            user.is_superuser = user.is_staff = superuser
            user.save(update_fields=["is_superuser", "is_staff"])
