"""Addresses of contracts in the workspace."""

from django.urls import path

from contracts.views import evidence, instalments, people, person_access
from contracts.views.calendar import ContractCalendar
from contracts.views.contracts import ContractList, ContractPage
from contracts.views.editions import ContractComparison, ContractEditionPage
from contracts.views.notice import GiveNotice
from contracts.views.payroll import PayrollList
from contracts.views.payroll_entry import PayrollEnter
from contracts.views.payroll_line import PayrollChange, PayrollLinePage, PayrollWithdraw
from contracts.views.withdraw_notice import WithdrawNotice

urlpatterns = [
    path("calendar/", ContractCalendar.as_view(), name="contract-calendar"),
    path("contracts/", ContractList.as_view(), name="contracts"),
    path("contracts/<int:pk>/", ContractPage.as_view(), name="contract"),
    path("contracts/<int:pk>/compare/", ContractComparison.as_view(), name="contract-compare"),
    path("contracts/<int:pk>/notice/", GiveNotice.as_view(), name="contract-notice"),
    path("contracts/notices/<int:pk>/withdraw/", WithdrawNotice.as_view(), name="notice-withdraw"),
    path("contracts/editions/<int:pk>/", ContractEditionPage.as_view(), name="contract-edition"),
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
