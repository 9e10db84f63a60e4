"""Addresses of forms in the workspace."""

from django.urls import path

from forms.views.assignments import NewCase
from forms.views.case import CasePage, CaseWhy
from forms.views.case_changes import (
    ChangeIdentity,
    ChangeResponsibility,
    ChangeStatus,
    GrantSupport,
)
from forms.views.cases import CaseList, CaseSuggestions, HandOver
from forms.views.filled_forms import FormDetail, FormDocument, FormList
from forms.views.form_definitions import FormComparison, FormDefinitionList, FormEditionPage
from forms.views.form_drafts import (
    FormBegin,
    FormCorrect,
    FormDiscard,
    FormEdit,
    FormSave,
    FormSubmit,
)
from forms.views.move_case import MoveCase
from forms.views.phases import AgreePhase, WithdrawPhase
from forms.views.placements import PlaceCase
from forms.views.record_day import RecordDay, RecordWeek
from forms.views.record_session import RecordSession
from forms.views.records import CorrectRecord, RecordList, RecordPage, WithdrawRecord

urlpatterns = [
    path("cases/", CaseList.as_view(), name="cases"),
    path("cases/hand-over/", HandOver.as_view(), name="cases-hand-over"),
    path("cases/new/", NewCase.as_view(), name="case-new"),
    path("cases/suggestions/", CaseSuggestions.as_view(), name="case-suggestions"),
    path("cases/<int:pk>/", CasePage.as_view(), name="case"),
    path("cases/<int:pk>/why/", CaseWhy.as_view(), name="case-why"),
    path("cases/<int:pk>/placement/", PlaceCase.as_view(), name="case-placement"),
    path("cases/<int:pk>/phase/", AgreePhase.as_view(), name="case-phase"),
    path(
        "cases/phase-agreements/<int:pk>/withdraw/",
        WithdrawPhase.as_view(),
        name="phase-agreement-withdraw",
    ),
    path("cases/<int:pk>/move/", MoveCase.as_view(), name="case-move"),
    path("cases/<int:pk>/status/", ChangeStatus.as_view(), name="case-status"),
    path(
        "cases/<int:pk>/responsibility/",
        ChangeResponsibility.as_view(),
        name="case-responsibility",
    ),
    path("cases/<int:pk>/support-plan/", GrantSupport.as_view(), name="case-support-plan"),
    path("cases/<int:pk>/identity/", ChangeIdentity.as_view(), name="case-identity"),
    path("cases/<int:pk>/forms/new/", FormBegin.as_view(), name="filled-form-begin"),
    path("forms/", FormList.as_view(), name="filled-forms"),
    path("forms/<int:pk>/", FormDetail.as_view(), name="filled-form"),
    path("forms/<int:pk>/edit/", FormEdit.as_view(), name="filled-form-edit"),
    path("forms/<int:pk>/save/", FormSave.as_view(), name="filled-form-save"),
    path("forms/<int:pk>/submit/", FormSubmit.as_view(), name="filled-form-submit"),
    path("forms/<int:pk>/discard/", FormDiscard.as_view(), name="filled-form-discard"),
    path("forms/<int:pk>/correct/", FormCorrect.as_view(), name="filled-form-correct"),
    path("forms/<int:pk>/document/", FormDocument.as_view(), name="filled-form-document"),
    path("forms/definitions/", FormDefinitionList.as_view(), name="form-definitions"),
    path("forms/definitions/<int:pk>/compare/", FormComparison.as_view(), name="form-compare"),
    path("forms/definitions/editions/<int:pk>/", FormEditionPage.as_view(), name="form-edition"),
    path("records/", RecordList.as_view(), name="records"),
    path("records/day/", RecordDay.as_view(), name="record-day"),
    path("records/week/", RecordWeek.as_view(), name="record-week"),
    path("records/session/", RecordSession.as_view(), name="record-session"),
    path("records/<int:pk>/", RecordPage.as_view(), name="record"),
    path("records/<int:pk>/change/", CorrectRecord.as_view(), name="record-change"),
    path("records/<int:pk>/withdraw/", WithdrawRecord.as_view(), name="record-withdraw"),
]
