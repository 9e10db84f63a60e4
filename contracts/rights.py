"""What each role may do: permissions for Django's own checks, granted by a member's roles.

Permissions decide which pages and actions there are for a person; which rows appear on them is
decided by `visible_to` (decision 9). A permission named here need not exist as a database row.
"""

from django.contrib.auth.backends import BaseBackend

from contracts.models import Member
from contracts.models.organisation import Role
from contracts.studio_rights import STUDIO_GRANTS

EVERYBODY = frozenset(Role)
BODY = frozenset(
    {Role.MANAGER, Role.CASEWORKER, Role.FINANCE, Role.AUDITOR, Role.DIRECTOR, Role.ADMINISTRATOR}
)
"""Roles in the commissioning body; all others are roles in a provider."""
PROVIDER = EVERYBODY - BODY
COUNSELLING = frozenset({Role.COUNSELLOR, Role.PROVIDER_LEAD})
STEERING = frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.DIRECTOR})
BILLING = frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.PROVIDER_LEAD})

GRANTS: dict[str, frozenset[Role]] = {
    "cms.view_catalogueedition": EVERYBODY,
    "cms.view_descriptionedition": EVERYBODY,
    "contracts.view_contract": EVERYBODY,
    "contracts.add_notice": frozenset({Role.MANAGER}),
    "contracts.view_payrollline": BILLING,
    "contracts.add_payrollline": frozenset({Role.PROVIDER_LEAD}),
    "contracts.change_payrollline": frozenset({Role.PROVIDER_LEAD}),
    "contracts.view_evidence": BILLING,
    "contracts.add_evidence": frozenset({Role.PROVIDER_LEAD, Role.FINANCE}),
    "contracts.view_instalment": BILLING,
    "contracts.add_instalment": frozenset({Role.FINANCE}),
    "contracts.change_instalment": frozenset({Role.FINANCE}),
    "contracts.view_member": frozenset({Role.ADMINISTRATOR}),
    "contracts.add_member": frozenset({Role.ADMINISTRATOR}),
    "contracts.change_member": frozenset({Role.ADMINISTRATOR}),
    "forms.view_formedition": EVERYBODY,
    "forms.view_case": STEERING | COUNSELLING | {Role.CASEWORKER},
    "forms.add_case": frozenset({Role.CASEWORKER}),
    "forms.change_case": COUNSELLING | {Role.CASEWORKER},
    "forms.add_supportplan": frozenset({Role.CASEWORKER}),
    "forms.view_clientidentity": COUNSELLING | {Role.CASEWORKER},
    "forms.change_clientidentity": frozenset({Role.CASEWORKER}),
    "forms.view_servicerecord": STEERING | COUNSELLING | {Role.CASEWORKER},
    "forms.add_servicerecord": COUNSELLING,
    "forms.change_servicerecord": COUNSELLING,
    "forms.view_filledform": COUNSELLING | {Role.CASEWORKER, Role.AUDITOR},
    "forms.add_filledform": COUNSELLING,
    "forms.change_filledform": COUNSELLING,
    "jobs.view_statement": STEERING | {Role.PROVIDER_LEAD},
    "jobs.check_statement": frozenset({Role.FINANCE}),
    "jobs.release_statement": frozenset({Role.FINANCE}),
    "jobs.issue_statement": frozenset({Role.FINANCE}),
    "jobs.return_statement": frozenset({Role.FINANCE}),
    "jobs.resubmit_statement": frozenset({Role.PROVIDER_LEAD}),
    "jobs.view_report": STEERING | {Role.CASEWORKER, Role.PROVIDER_LEAD},
    "jobs.assess_report": frozenset({Role.PROVIDER_LEAD}),
    "jobs.answer_report": frozenset({Role.MANAGER}),
    "jobs.view_jobrun": frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR}),
    "jobs.start_jobrun": frozenset({Role.MANAGER, Role.FINANCE, Role.ADMINISTRATOR}),
    "base.view_trail": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    **STUDIO_GRANTS,
}


def roles_of(user) -> frozenset[Role]:
    """Return the roles of a person's active memberships; looked up once for each user object."""
    if not hasattr(user, "_roles"):
        active = Member.objects.filter(user_id=user.pk, active=True).values_list("roles", flat=True)
        user._roles = frozenset(Role(role) for roles in active for role in roles)
    return user._roles


class RolesBackend(BaseBackend):
    """Grants permissions by role. Signing in is left to the other backends."""

    def get_user_permissions(self, user_obj, obj=None):
        """Return what the person's roles grant; the same for all rows."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        roles = roles_of(user_obj)
        return {permission for permission, granted in GRANTS.items() if roles & granted}

    def has_perm(self, user_obj, perm, obj=None):
        """Return whether a role grants the permission."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return False
        return bool(roles_of(user_obj) & GRANTS.get(perm, frozenset()))
