"""What contracts adds to the workspace: menu entries, panels, home page sections, searches."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.workspace.figures import SEES
from base.workspace.overview import register_at_work, register_away
from base.workspace.registry import (
    HomeSection,
    MenuItem,
    Panel,
    SearchSource,
    WaitingEntry,
    Work,
    register,
)
from cms.models import CatalogueEdition, DescriptionEdition
from contracts import file_openings  # noqa: F401  says who is asked why they open evidence
from contracts.at_work import at_work, away
from contracts.models import Contract
from contracts.models.signing import PRESENT, SIGN
from contracts.views.adaptations import (
    adaptation_entries,
    adaptations_of,
    adaptations_to_agree_on,
)
from contracts.views.organisations import account_entries, accounts_to_confirm
from contracts.views.proposals import (
    ANSWER,
    PROPOSE,
    answered_for,
    open_for,
    proposal_entries,
    proposals_of,
)
from contracts.views.signings import signing_entries, signings_of, to_publish, to_sign
from contracts.views.substitutions import substitution_entries
from contracts.views.usage import contracts_using, found
from contracts.views.waiting_access import (
    changes_to_confirm,
    ending,
    ending_entries,
    invited,
    invited_entries,
    people_found,
    person_entries,
)

MOST_LISTED = 8

register_at_work(at_work)
register_away(away)


def _answered_entries(user) -> list[WaitingEntry]:
    return proposal_entries(answered_for(user).joined("contract__provider")[:MOST_LISTED])


register(
    MenuItem(
        key="figures",
        label=_("Figures"),
        permission=SEES,
        section="oversight",
        url_name="figures",
        icon="trend",
        order=10,
    ),
    MenuItem(
        key="people",
        label=_("People"),
        section="oversight",
        url_name="people",
        icon="group",
        permission="contracts.view_member",
        order=30,
    ),
    MenuItem(
        key="organisations",
        label=_("Organisations"),
        section="oversight",
        url_name="organisations",
        icon="account-circle",
        permission="contracts.view_organisation",
        order=32,
    ),
    MenuItem(
        key="api-tokens",
        label=_("Access for programs"),
        section="oversight",
        url_name="api-tokens",
        icon="key",
        permission="contracts.view_apitoken",
        order=35,
    ),
    Work(
        key="access",
        label=_("Changes of access to confirm"),
        permission="contracts.change_member",
        order=35,
        rows=changes_to_confirm,
        entries=person_entries,
        empty=_("No change of access waits for you."),
        menu="people",
        more="people",
    ),
    Work(
        key="accounts",
        label=_("Accounts of organisations to confirm"),
        permission="contracts.change_bankchange",
        order=36,
        rows=accounts_to_confirm,
        entries=account_entries,
        empty=_("No account waits for you."),
        menu="organisations",
        more="organisations",
    ),
    Work(
        key="api-tokens",
        label=_("Access of programs that ends soon"),
        permission="contracts.add_apitoken",
        order=45,
        rows=ending,
        entries=ending_entries,
        empty=_("No access of a program ends soon."),
        menu="api-tokens",
        more="api-tokens",
    ),
    Work(
        key="invited",
        label=_("Invited, without a password yet"),
        permission="contracts.add_member",
        order=40,
        rows=invited,
        entries=invited_entries,
        empty=_("Everybody invited has set a password."),
        menu="people",
        more="people",
    ),
    SearchSource(
        key="people",
        label=_("People"),
        permission="contracts.view_member",
        order=40,
        find=people_found,
    ),
)


def _contracts_found(user, query: str, most: int) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            title=str(contract),
            url=reverse("contract", args=[contract.pk]),
            note=str(contract.provider),
        )
        for contract in found(user, query, most)
    ]


register(
    MenuItem(
        key="contracts",
        label=_("Contracts"),
        permission="contracts.view_contract",
        section="agreements",
        url_name="contracts",
        icon="contract",
        order=10,
    ),
    SearchSource(
        key="contracts",
        label=_("Contracts"),
        permission="contracts.view_contract",
        order=20,
        find=_contracts_found,
    ),
    *(
        Panel(
            key="contracts",
            label=_("Contracts"),
            permission="contracts.view_contract",
            order=10,
            model=model,
            template="contracts/edition_contracts.html",
            context=contracts_using,
        )
        for model in (CatalogueEdition, DescriptionEdition)
    ),
)


register(
    MenuItem(
        key="payroll",
        label=_("Payroll and evidence"),
        permission="contracts.view_payrollline",
        section="money",
        url_name="payroll",
        icon="drive-folder-upload",
        order=20,
    ),
    MenuItem(
        key="instalments",
        label=_("Instalments"),
        permission="contracts.view_instalment",
        section="money",
        url_name="instalments",
        icon="card",
        order=25,
    ),
)


register(
    MenuItem(
        key="substitutions",
        label=_("Substitutions"),
        permission="contracts.view_substitution",
        section="work",
        url_name="substitutions",
        icon="swap",
        order=40,
    ),
    HomeSection(
        key="substitutions",
        label=_("Substitutions today"),
        permission="contracts.view_substitution",
        order=15,
        entries=substitution_entries,
        empty=_("Today you stand in for nobody, and nobody for you."),
        more="substitutions",
    ),
)


register(
    MenuItem(
        key="calendar",
        label=_("Contract calendar"),
        permission="contracts.view_contract",
        section="agreements",
        url_name="contract-calendar",
        icon="due",
        order=20,
    ),
)


register(
    MenuItem(
        key="signings",
        label=_("Signatures"),
        permission="contracts.view_signing",
        section="agreements",
        url_name="signings",
        icon="success",
        order=22,
    ),
    MenuItem(
        key="proposals",
        label=_("Proposals of changes"),
        permission="contracts.view_changeproposal",
        section="agreements",
        url_name="proposals",
        icon="mail",
        order=24,
    ),
    Work(
        key="signings",
        label=_("Contracts to sign"),
        permission=SIGN,
        order=6,
        rows=to_sign,
        entries=signing_entries,
        empty=_("There is nothing for you to sign."),
        menu="signings",
        more="signings",
        told_at_once=True,
    ),
    Work(
        key="signed",
        label=_("Contracts that both parties have signed, to be published"),
        permission=PRESENT,
        order=6,
        rows=to_publish,
        entries=signing_entries,
        empty=_("No signed contract waits to be published."),
        menu="signings",
        more="signings",
        told_at_once=True,
    ),
    Work(
        key="proposals",
        label=_("Proposed changes of contracts"),
        permission=ANSWER,
        order=7,
        rows=open_for,
        entries=lambda rows, _user: proposal_entries(rows),
        empty=_("No proposal waits for your answer."),
        menu="proposals",
        more="proposals",
        told_at_once=True,
    ),
    HomeSection(
        key="proposals-answered",
        label=_("Answers to your house's proposals"),
        permission=PROPOSE,
        order=70,
        entries=_answered_entries,
        empty=_("No proposal was answered in the last month."),
        more="proposals",
    ),
    Work(
        key="adaptations",
        label=_("Annexes to agree on"),
        permission=SIGN,
        order=6,
        rows=adaptations_to_agree_on,
        entries=adaptation_entries,
        empty=_("No adaptation of an annex waits for you."),
        menu="contracts",
        more="adaptations",
    ),
    Panel(
        key="adaptations",
        label=_("Adaptations of annexes"),
        permission="contracts.view_annexadaptation",
        order=30,
        model=Contract,
        template="contracts/contract_adaptations.html",
        context=adaptations_of,
        place="overview",
    ),
    Panel(
        key="signings",
        label=_("Presented for signature"),
        permission="contracts.view_signing",
        order=10,
        model=Contract,
        template="contracts/contract_signings.html",
        context=signings_of,
        place="overview",
    ),
    Panel(
        key="proposals",
        label=_("Proposals of changes"),
        permission="contracts.view_changeproposal",
        order=20,
        model=Contract,
        template="contracts/contract_proposals.html",
        context=proposals_of,
        place="overview",
    ),
)
