"""What each role may do, in the organisation in which it is held (decision 17).

A permission asks one question together with a row: may one membership of the person do this to
it? `visible_to(user, permission)` asks it of all rows, `user.has_perm(permission, row)` of one.
Without a row only this is asked: whether a page or an entry of the menu exists for the person at
all. A permission named here need not exist as a database row.
"""

from contracts.roles import Role
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

_GRANTS: dict[str, frozenset[Role]] = {
    "cms.view_catalogueedition": EVERYBODY,
    "cms.view_descriptionedition": EVERYBODY,
    "contracts.view_contract": EVERYBODY,
    "contracts.draft_contract": frozenset({Role.MANAGER, Role.ADMINISTRATOR}),
    "contracts.add_notice": frozenset({Role.MANAGER}),
    "contracts.view_payrollline": BILLING,
    "contracts.add_payrollline": frozenset({Role.PROVIDER_LEAD}),
    "contracts.change_payrollline": frozenset({Role.PROVIDER_LEAD}),
    "contracts.view_evidence": BILLING,
    "contracts.add_evidence": frozenset({Role.PROVIDER_LEAD, Role.FINANCE}),
    "contracts.view_instalment": BILLING,
    "contracts.add_instalment": frozenset({Role.FINANCE}),
    "contracts.change_instalment": frozenset({Role.FINANCE}),
    "contracts.view_closedyear": STEERING,
    "contracts.add_closedyear": frozenset({Role.FINANCE}),
    "contracts.change_closedyear": frozenset({Role.FINANCE}),
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
    "forms.read_reason": COUNSELLING,
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
}

# A right both the workspace and the studio know is held by the roles of both.
GRANTS: dict[str, frozenset[Role]] = {
    permission: _GRANTS.get(permission, frozenset()) | STUDIO_GRANTS.get(permission, frozenset())
    for permission in {**_GRANTS, **STUDIO_GRANTS}
}
