"""What roles may do in the content studio, in the words of Wagtail's permissions.

Managers write and approve content; administrators look after workflows and sites and may look at
content. Nobody edits groups, users, permissions or kinds of tasks: a task may give a group rights.
"""

from contracts.roles import Role

CONTENT = {
    "cms": ("catalogue", "description", "contentpage"),
    "contracts": ("contract",),
    "forms": ("formdefinition",),
}
OFFERED = {"forms": ("recordreason",)}
"""Rows that are edited in the studio without a draft; they are added and changed, never deleted."""
EDITING = ("add", "change", "publish", "lock", "unlock")
SETTLED = {"wagtailcore": ("site", "workflow")}
SETTLING = ("view", "add", "change", "delete")


def _permissions(models: dict[str, tuple[str, ...]], verbs: tuple[str, ...]) -> set[str]:
    return {
        f"{app}.{verb}_{name}" for app, names in models.items() for name in names for verb in verbs
    }


OF_ROLES: dict[Role, frozenset[str]] = {
    Role.MANAGER: frozenset(
        {"wagtailadmin.access_admin"}
        | _permissions(CONTENT, EDITING)
        | _permissions(OFFERED, ("view", "add", "change"))
    ),
    Role.ADMINISTRATOR: frozenset(
        {"wagtailadmin.access_admin"}
        | _permissions(CONTENT, ("view",))
        | _permissions(OFFERED, ("view",))
        | _permissions(SETTLED, SETTLING)
    ),
}

STUDIO_GRANTS: dict[str, frozenset[Role]] = {
    permission: frozenset(role for role, held in OF_ROLES.items() if permission in held)
    for permission in frozenset().union(*OF_ROLES.values())
}
