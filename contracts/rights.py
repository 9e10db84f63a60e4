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
    {
        Role.MANAGER,
        Role.CASEWORKER,
        Role.TEAM_LEAD,
        Role.FINANCE,
        Role.AUDITOR,
        Role.DIRECTOR,
        Role.ADMINISTRATOR,
    }
)
"""Roles in the commissioning body; all others are roles in a provider."""
PROVIDER = EVERYBODY - BODY
COUNSELLING = frozenset({Role.COUNSELLOR, Role.PROVIDER_LEAD})
CASEWORK = frozenset({Role.CASEWORKER, Role.TEAM_LEAD})
"""Who owns cases for the commissioning body. A team lead does what caseworkers do, and looks after
the cases of the teams that they belong to."""
CASES = COUNSELLING | CASEWORK
"""Who looks after cases, on either side."""
STEERING = frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.DIRECTOR})
SIGNING = frozenset({Role.DIRECTOR, Role.PROVIDER_LEAD})
"""Who speaks for a house. Managers write contracts and do not sign them; whoever else may sign
does so on paper, and a manager says so in the contract."""
AGREEING = SIGNING | {Role.MANAGER, Role.AUDITOR}
"""Who reads what parties agree on before it applies: those who do, and those who look after it."""
BILLING = frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.PROVIDER_LEAD})

_GRANTS: dict[str, frozenset[Role]] = {
    "cms.view_catalogueedition": EVERYBODY,
    "cms.view_descriptionedition": EVERYBODY,
    "cms.view_pageedition": EVERYBODY,
    "cms.draft_contentpage": frozenset({Role.MANAGER, Role.ADMINISTRATOR}),
    "contracts.view_contract": EVERYBODY,
    "contracts.draft_contract": frozenset({Role.MANAGER, Role.ADMINISTRATOR}),
    "contracts.add_notice": frozenset({Role.MANAGER}),
    "contracts.view_signing": AGREEING,
    "contracts.add_signing": frozenset({Role.MANAGER}),
    "contracts.change_signing": frozenset({Role.MANAGER}),
    "contracts.add_confirmedsignature": SIGNING,
    "contracts.view_annexadaptation": AGREEING,
    "contracts.add_annexadaptation": frozenset({Role.MANAGER, Role.PROVIDER_LEAD}),
    "contracts.change_annexadaptation": frozenset({Role.MANAGER, Role.PROVIDER_LEAD}),
    "contracts.view_contractfile": frozenset({Role.MANAGER, Role.ADMINISTRATOR, Role.AUDITOR}),
    "contracts.add_contractfile": frozenset({Role.MANAGER, Role.ADMINISTRATOR}),
    "contracts.view_changeproposal": AGREEING,
    "contracts.add_changeproposal": frozenset({Role.PROVIDER_LEAD}),
    "contracts.change_changeproposal": frozenset({Role.PROVIDER_LEAD}),
    "contracts.answer_changeproposal": frozenset({Role.MANAGER}),
    "contracts.view_payrollline": BILLING,
    "contracts.add_payrollline": frozenset({Role.PROVIDER_LEAD}),
    "contracts.change_payrollline": frozenset({Role.PROVIDER_LEAD}),
    "contracts.view_evidence": BILLING,
    "contracts.add_evidence": frozenset({Role.PROVIDER_LEAD, Role.FINANCE}),
    "contracts.view_instalment": BILLING,
    "contracts.add_instalment": frozenset({Role.FINANCE}),
    "contracts.change_instalment": frozenset({Role.FINANCE}),
    "contracts.view_figures": STEERING | {Role.TEAM_LEAD, Role.PROVIDER_LEAD},
    "contracts.view_closedyear": STEERING,
    "contracts.add_closedyear": frozenset({Role.FINANCE}),
    "contracts.change_closedyear": frozenset({Role.FINANCE}),
    "contracts.view_apitoken": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    "contracts.add_apitoken": frozenset({Role.ADMINISTRATOR}),
    "contracts.change_apitoken": frozenset({Role.ADMINISTRATOR}),
    "contracts.view_substitution": CASES | {Role.ADMINISTRATOR},
    "contracts.add_substitution": CASES | {Role.ADMINISTRATOR},
    "contracts.change_substitution": CASES | {Role.ADMINISTRATOR},
    "contracts.view_member": frozenset({Role.ADMINISTRATOR}),
    "contracts.add_member": frozenset({Role.ADMINISTRATOR}),
    "contracts.change_member": frozenset({Role.ADMINISTRATOR}),
    "contracts.view_organisation": frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.FINANCE}),
    "contracts.change_organisation": frozenset({Role.ADMINISTRATOR}),
    "contracts.view_bankchange": frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.FINANCE}),
    "contracts.change_bankchange": frozenset({Role.ADMINISTRATOR}),
    "forms.view_formedition": EVERYBODY,
    "forms.view_case": STEERING | CASES,
    "forms.add_case": CASEWORK,
    "forms.change_case": CASES,
    "forms.change_deadline": CASES,
    "forms.view_caseload": frozenset({Role.TEAM_LEAD, Role.PROVIDER_LEAD}),
    "forms.hand_over_case": CASES | {Role.ADMINISTRATOR},
    "forms.add_supportplan": CASEWORK,
    "forms.view_clientidentity": CASES,
    "forms.change_clientidentity": CASEWORK,
    "forms.view_clientcontact": CASES,
    "forms.view_clientnumbers": CASEWORK,
    "forms.change_clientcontact": CASEWORK,
    "forms.view_servicerecord": STEERING | CASES,
    "forms.add_servicerecord": COUNSELLING,
    "forms.change_servicerecord": COUNSELLING,
    "forms.read_reason": COUNSELLING,
    "forms.read_topic": COUNSELLING,
    "forms.read_signature": COUNSELLING,
    "forms.view_filledform": CASES | {Role.AUDITOR},
    "forms.add_filledform": COUNSELLING,
    "forms.change_filledform": COUNSELLING,
    "forms.view_appointment": CASES,
    "forms.add_appointment": CASES,
    "forms.change_appointment": CASES,
    "forms.view_resource": CASES,
    "forms.add_resource": CASEWORK | {Role.PROVIDER_LEAD},
    "forms.change_resource": CASEWORK | {Role.PROVIDER_LEAD},
    "jobs.view_statement": STEERING | {Role.PROVIDER_LEAD},
    "jobs.handle_statement": frozenset({Role.FINANCE, Role.PROVIDER_LEAD}),
    "jobs.check_statement": frozenset({Role.FINANCE}),
    "jobs.release_statement": frozenset({Role.FINANCE}),
    "jobs.issue_statement": frozenset({Role.FINANCE}),
    "jobs.return_statement": frozenset({Role.FINANCE}),
    "jobs.resubmit_statement": frozenset({Role.PROVIDER_LEAD}),
    "jobs.view_report": STEERING | CASEWORK | {Role.PROVIDER_LEAD},
    "jobs.handle_report": frozenset({Role.MANAGER, Role.PROVIDER_LEAD}),
    "jobs.assess_report": frozenset({Role.PROVIDER_LEAD}),
    "jobs.answer_report": frozenset({Role.MANAGER}),
    "jobs.meet_duty": frozenset({Role.MANAGER, Role.FINANCE, Role.PROVIDER_LEAD}),
    "jobs.watch_duty": frozenset({Role.AUDITOR, Role.DIRECTOR}),
    "jobs.view_jobrun": frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR}),
    "jobs.start_jobrun": frozenset({Role.MANAGER, Role.FINANCE, Role.ADMINISTRATOR}),
    "base.view_trail": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
}

# A right both the workspace and the studio know is held by the roles of both.
GRANTS: dict[str, frozenset[Role]] = {
    permission: _GRANTS.get(permission, frozenset()) | STUDIO_GRANTS.get(permission, frozenset())
    for permission in {**_GRANTS, **STUDIO_GRANTS}
}
