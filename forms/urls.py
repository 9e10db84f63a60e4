"""Addresses of forms in the workspace."""

from django.urls import path

from base.documents import PDF
from forms.views.appointment import AppointmentPage
from forms.views.appointment_changes import (
    CancelAppointment,
    ChangeAppointment,
    MoveAppointment,
    SettleAppointment,
)
from forms.views.assignments import NewCase
from forms.views.calendar import CalendarMonth, CalendarWeek
from forms.views.calendar_feed import RevokeCalendar, ShareCalendar, calendar_feed
from forms.views.case import CasePage, CaseWhy
from forms.views.case_changes import (
    ChangeContact,
    ChangeIdentity,
    ChangeResponsibility,
    ChangeStatus,
    GrantSupport,
)
from forms.views.case_suggestions import CaseSuggestions
from forms.views.cases import CaseList, HandOver
from forms.views.deadline_decisions import (
    AgreeDeadline,
    DropDeadline,
    EnterEvent,
    ExtendDeadline,
    FinishDeadline,
    ReopenDeadline,
    TakeBackExtension,
)
from forms.views.deadlines import DeadlineList
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
from forms.views.handing_over import CaseloadPage, ChangeOwner, HandOverCases
from forms.views.invitations import Invitation, Invitations
from forms.views.letters import WriteLetter, WriteLetters
from forms.views.move_case import MoveCase
from forms.views.new_appointment import AppointmentOfCase, NewAppointment
from forms.views.open_appointments import OpenAppointments
from forms.views.phases import AgreePhase, WithdrawPhase
from forms.views.placements import PlaceCase
from forms.views.record_changes import CorrectRecord, WithdrawRecord
from forms.views.record_day import RecordDay, RecordWeek
from forms.views.record_month import RecordMonth
from forms.views.record_session import RecordSession
from forms.views.record_signature import NoteNoSignature, SignRecord
from forms.views.records import RecordList, RecordPage
from forms.views.resources import AddResource, ChangeResource, ResourceList
from forms.views.visits import VisitData, Visits, visits_shell, visits_worker

urlpatterns = [
    path("cases/", CaseList.as_view(), name="cases"),
    path("cases/hand-over/", HandOver.as_view(), name="cases-hand-over"),
    path("cases/caseload/", CaseloadPage.as_view(), name="caseload"),
    path("cases/reassign/", HandOverCases.as_view(), name="cases-reassign"),
    path("cases/letters/", WriteLetters.as_view(), name="cases-letters"),
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
    path("cases/<int:pk>/owner/", ChangeOwner.as_view(), name="case-owner"),
    path("cases/<int:pk>/support-plan/", GrantSupport.as_view(), name="case-support-plan"),
    path("cases/<int:pk>/identity/", ChangeIdentity.as_view(), name="case-identity"),
    path("cases/<int:pk>/contact/", ChangeContact.as_view(), name="case-contact"),
    path("cases/<int:pk>/letter/", WriteLetter.as_view(), name="case-letter"),
    path("cases/<int:pk>/forms/new/", FormBegin.as_view(), name="filled-form-begin"),
    path("deadlines/", DeadlineList.as_view(), name="deadlines"),
    path("deadlines/<int:pk>/extend/", ExtendDeadline.as_view(), name="deadline-extend"),
    path("deadlines/<int:pk>/take-back/", TakeBackExtension.as_view(), name="deadline-take-back"),
    path("deadlines/<int:pk>/agree/", AgreeDeadline.as_view(), name="deadline-agree"),
    path("deadlines/<int:pk>/event/", EnterEvent.as_view(), name="deadline-event"),
    path("deadlines/<int:pk>/finish/", FinishDeadline.as_view(), name="deadline-finish"),
    path("deadlines/<int:pk>/drop/", DropDeadline.as_view(), name="deadline-drop"),
    path("deadlines/<int:pk>/reopen/", ReopenDeadline.as_view(), name="deadline-reopen"),
    path("forms/", FormList.as_view(), name="filled-forms"),
    path("forms/<int:pk>/", FormDetail.as_view(), name="filled-form"),
    path("forms/<int:pk>/edit/", FormEdit.as_view(), name="filled-form-edit"),
    path("forms/<int:pk>/save/", FormSave.as_view(), name="filled-form-save"),
    path("forms/<int:pk>/submit/", FormSubmit.as_view(), name="filled-form-submit"),
    path("forms/<int:pk>/discard/", FormDiscard.as_view(), name="filled-form-discard"),
    path("forms/<int:pk>/correct/", FormCorrect.as_view(), name="filled-form-correct"),
    path("forms/<int:pk>/document/", FormDocument.as_view(), name="filled-form-document"),
    path("forms/<int:pk>/pdf/", FormDocument.as_view(suffix=PDF), name="filled-form-pdf"),
    path("forms/definitions/", FormDefinitionList.as_view(), name="form-definitions"),
    path("forms/definitions/<int:pk>/compare/", FormComparison.as_view(), name="form-compare"),
    path("forms/definitions/editions/<int:pk>/", FormEditionPage.as_view(), name="form-edition"),
    path("appointments/", CalendarWeek.as_view(), name="appointments"),
    path("appointments/month/", CalendarMonth.as_view(), name="appointments-month"),
    path("appointments/new/", NewAppointment.as_view(), name="appointment-new"),
    path("appointments/of-case/", AppointmentOfCase.as_view(), name="appointment-of-case"),
    path("appointments/open/", OpenAppointments.as_view(), name="appointments-open"),
    path("appointments/invitations/", Invitations.as_view(), name="appointment-invitations"),
    path("appointments/subscription/", ShareCalendar.as_view(), name="calendar-share"),
    path(
        "appointments/subscription/<int:pk>/end/",
        RevokeCalendar.as_view(),
        name="calendar-revoke",
    ),
    path("appointments/resources/", ResourceList.as_view(), name="resources"),
    path("appointments/resources/add/", AddResource.as_view(), name="resource-add"),
    path("appointments/resources/<int:pk>/", ChangeResource.as_view(), name="resource-change"),
    path("appointments/<int:pk>/", AppointmentPage.as_view(), name="appointment"),
    path("appointments/<int:pk>/change/", ChangeAppointment.as_view(), name="appointment-change"),
    path("appointments/<int:pk>/move/", MoveAppointment.as_view(), name="appointment-move"),
    path("appointments/<int:pk>/cancel/", CancelAppointment.as_view(), name="appointment-cancel"),
    path("appointments/<int:pk>/outcome/", SettleAppointment.as_view(), name="appointment-settle"),
    path(
        "appointments/<int:pk>/invitation/",
        Invitation.as_view(),
        name="appointment-invitation",
    ),
    path(
        "appointments/<int:pk>/invitation/pdf/",
        Invitation.as_view(suffix=PDF),
        name="appointment-invitation-pdf",
    ),
    path("calendar-feed/<str:secret>.ics", calendar_feed, name="calendar-feed"),
    path("records/", RecordList.as_view(), name="records"),
    path("records/day/", RecordDay.as_view(), name="record-day"),
    path("records/week/", RecordWeek.as_view(), name="record-week"),
    path("records/month/", RecordMonth.as_view(), name="record-month"),
    path("records/session/", RecordSession.as_view(), name="record-session"),
    path("records/visits/", Visits.as_view(), name="visits"),
    path("records/visits/data/", VisitData.as_view(), name="visit-data"),
    path("records/visits/empty/", visits_shell, name="visits-shell"),
    path("records/visits/worker.js", visits_worker, name="visits-worker"),
    path("records/<int:pk>/", RecordPage.as_view(), name="record"),
    path("records/<int:pk>/change/", CorrectRecord.as_view(), name="record-change"),
    path("records/<int:pk>/sign/", SignRecord.as_view(), name="record-sign"),
    path("records/<int:pk>/unsigned/", NoteNoSignature.as_view(), name="record-unsigned"),
    path("records/<int:pk>/withdraw/", WithdrawRecord.as_view(), name="record-withdraw"),
]
