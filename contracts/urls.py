"""Addresses of contracts in the workspace."""

from django.urls import path

from base.documents import PDF
from contracts.views import (
    adapt_annex,
    adaptations,
    api_tokens,
    contract_files,
    evidence,
    instalments,
    organisations,
    people,
    person_access,
    proposals,
    substitutions,
)
from contracts.views.begin_contract import BeginContract
from contracts.views.calendar import ContractCalendar
from contracts.views.contracts import ContractList, ContractPage
from contracts.views.editions import (
    ContractComparison,
    ContractDocument,
    ContractEditionPage,
    ContractOfToday,
)
from contracts.views.figures import FiguresPage
from contracts.views.notice import GiveNotice
from contracts.views.payroll import PayrollList
from contracts.views.payroll_entry import PayrollEnter
from contracts.views.payroll_line import PayrollChange, PayrollLinePage, PayrollWithdraw
from contracts.views.signing_steps import ConfirmSignature, PresentForSignature, WithdrawSigning
from contracts.views.signings import SigningList, SigningPage
from contracts.views.withdraw_notice import WithdrawNotice

urlpatterns = [
    path("figures/", FiguresPage.as_view(), name="figures"),
    path("calendar/", ContractCalendar.as_view(), name="contract-calendar"),
    path("contracts/", ContractList.as_view(), name="contracts"),
    path("contracts/new/", BeginContract.as_view(), name="contract-begin"),
    path("contracts/<int:pk>/", ContractPage.as_view(), name="contract"),
    path("contracts/<int:pk>/today/", ContractOfToday.as_view(), name="contract-today"),
    path(
        "contracts/annexes/<int:pk>/adapt/",
        adapt_annex.AdaptAnnex.as_view(),
        name="annex-adapt",
    ),
    path("adaptations/", adaptations.AdaptationList.as_view(), name="adaptations"),
    path("adaptations/<int:pk>/", adaptations.AdaptationPage.as_view(), name="adaptation"),
    path(
        "adaptations/<int:pk>/agree/",
        adaptations.AgreeToAdaptation.as_view(),
        name="adaptation-agree",
    ),
    path(
        "adaptations/<int:pk>/take-back/",
        adaptations.TakeBackAdaptation.as_view(),
        name="adaptation-take-back",
    ),
    path("contracts/files/", contract_files.ContractFileList.as_view(), name="contract-files"),
    path("contracts/files/add/", contract_files.HandInFile.as_view(), name="contract-file-add"),
    path(
        "contracts/files/<int:pk>/file/",
        contract_files.ContractFileDownload.as_view(),
        name="contract-file",
    ),
    path("contracts/<int:pk>/compare/", ContractComparison.as_view(), name="contract-compare"),
    path("contracts/<int:pk>/notice/", GiveNotice.as_view(), name="contract-notice"),
    path("contracts/notices/<int:pk>/withdraw/", WithdrawNotice.as_view(), name="notice-withdraw"),
    path("contracts/editions/<int:pk>/", ContractEditionPage.as_view(), name="contract-edition"),
    path(
        "contracts/editions/<int:pk>/document/",
        ContractDocument.as_view(),
        name="contract-document",
    ),
    path(
        "contracts/editions/<int:pk>/pdf/",
        ContractDocument.as_view(suffix=PDF),
        name="contract-pdf",
    ),
    path("api-tokens/", api_tokens.ApiTokenList.as_view(), name="api-tokens"),
    path("api-tokens/give/", api_tokens.ApiTokenGive.as_view(), name="api-token-give"),
    path("api-tokens/<int:pk>/", api_tokens.ApiTokenPage.as_view(), name="api-token"),
    path(
        "api-tokens/<int:pk>/revoke/", api_tokens.ApiTokenRevoke.as_view(), name="api-token-revoke"
    ),
    path("contracts/<int:pk>/present/", PresentForSignature.as_view(), name="contract-present"),
    path("contracts/<int:pk>/propose/", proposals.ProposeChange.as_view(), name="contract-propose"),
    path("signatures/", SigningList.as_view(), name="signings"),
    path("signatures/<int:pk>/", SigningPage.as_view(), name="signing"),
    path("signatures/<int:pk>/confirm/", ConfirmSignature.as_view(), name="signature-confirm"),
    path("signatures/<int:pk>/withdraw/", WithdrawSigning.as_view(), name="signing-withdraw"),
    path("proposals/", proposals.ProposalList.as_view(), name="proposals"),
    path("proposals/<int:pk>/", proposals.ProposalPage.as_view(), name="proposal"),
    path("proposals/<int:pk>/answer/", proposals.AnswerProposal.as_view(), name="proposal-answer"),
    path(
        "proposals/<int:pk>/take-back/",
        proposals.TakeBackProposal.as_view(),
        name="proposal-take-back",
    ),
    path("organisations/", organisations.OrganisationList.as_view(), name="organisations"),
    path("organisations/<int:pk>/", organisations.OrganisationPage.as_view(), name="organisation"),
    path(
        "organisations/<int:pk>/change/",
        organisations.ChangeOrganisation.as_view(),
        name="organisation-change",
    ),
    path(
        "organisations/<int:pk>/account/",
        organisations.EnterAccount.as_view(),
        name="organisation-account",
    ),
    path(
        "organisations/accounts/<int:pk>/confirm/",
        organisations.ConfirmAccount.as_view(),
        name="account-confirm",
    ),
    path(
        "organisations/accounts/<int:pk>/withdraw/",
        organisations.WithdrawAccount.as_view(),
        name="account-withdraw",
    ),
    path("people/", people.People.as_view(), name="people"),
    path("people/invite/", people.Invite.as_view(), name="person-invite"),
    path("people/<int:pk>/", people.Person.as_view(), name="person"),
    path("people/<int:pk>/change/", people.ChangePerson.as_view(), name="person-change"),
    path("people/<int:pk>/confirm/", person_access.ConfirmAccess.as_view(), name="person-confirm"),
    path("people/<int:pk>/disable/", person_access.DisablePerson.as_view(), name="person-disable"),
    path("people/<int:pk>/enable/", person_access.EnablePerson.as_view(), name="person-enable"),
    path("people/<int:pk>/link/", person_access.SendLink.as_view(), name="person-link"),
    path(
        "people/<int:pk>/second-factor/", person_access.ResetFactor.as_view(), name="person-factor"
    ),
    path("substitutions/", substitutions.SubstitutionList.as_view(), name="substitutions"),
    path("substitutions/new/", substitutions.EnterSubstitution.as_view(), name="substitution-add"),
    path(
        "substitutions/<int:pk>/",
        substitutions.ChangeSubstitution.as_view(),
        name="substitution-change",
    ),
    path(
        "substitutions/<int:pk>/withdraw/",
        substitutions.WithdrawSubstitution.as_view(),
        name="substitution-withdraw",
    ),
    path("payroll/", PayrollList.as_view(), name="payroll"),
    path("payroll/enter/<int:pk>/", PayrollEnter.as_view(), name="payroll-enter"),
    path("payroll/<int:pk>/", PayrollLinePage.as_view(), name="payroll-line"),
    path("payroll/<int:pk>/change/", PayrollChange.as_view(), name="payroll-change"),
    path("payroll/<int:pk>/withdraw/", PayrollWithdraw.as_view(), name="payroll-withdraw"),
    path("evidence/", evidence.EvidenceList.as_view(), name="evidence"),
    path("evidence/add/<int:pk>/", evidence.EvidenceAdd.as_view(), name="evidence-add"),
    path("evidence/<int:pk>/file/", evidence.EvidenceFile.as_view(), name="evidence-file"),
    path("contracts/<int:pk>/evidence/why/", evidence.EvidenceWhy.as_view(), name="evidence-why"),
    path(
        "evidence/<int:pk>/withdraw/", evidence.EvidenceWithdraw.as_view(), name="evidence-withdraw"
    ),
    path("instalments/", instalments.InstalmentList.as_view(), name="instalments"),
    path("instalments/add/", instalments.InstalmentAdd.as_view(), name="instalment-add"),
    path(
        "instalments/<int:pk>/change/",
        instalments.InstalmentChange.as_view(),
        name="instalment-change",
    ),
]
