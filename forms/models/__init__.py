"""Nouns of the forms app: clients, cases with dated rows, service records, appointments, forms."""

from forms.models.appointment import (
    Appointment,
    AppointmentMember,
    AppointmentResource,
)
from forms.models.appointment_series import AppointmentSeries
from forms.models.calendar_feed import CalendarFeed
from forms.models.case import (
    SIDES,
    Case,
    CaseOwner,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    Responsible,
)
from forms.models.client import Client, ClientContact, ClientIdentity
from forms.models.deadline import Deadline
from forms.models.filled_form import FilledForm, FormAnswer
from forms.models.form_definition import EditionField, FormDefinition, FormEdition
from forms.models.group_session import GroupSession
from forms.models.phase_agreement import PhaseAgreement
from forms.models.record_reason import RecordReason
from forms.models.record_signature import RecordSignature
from forms.models.resource import Resource
from forms.models.service_record import ServiceRecord
from forms.models.support_plan import SupportPlan

__all__ = [
    "SIDES",
    "Appointment",
    "AppointmentMember",
    "AppointmentResource",
    "AppointmentSeries",
    "CalendarFeed",
    "Case",
    "CaseOwner",
    "CasePlacement",
    "CaseResponsibility",
    "CaseStatus",
    "Client",
    "ClientContact",
    "ClientIdentity",
    "Deadline",
    "EditionField",
    "FilledForm",
    "FormAnswer",
    "FormDefinition",
    "FormEdition",
    "GroupSession",
    "PhaseAgreement",
    "RecordReason",
    "RecordSignature",
    "Resource",
    "Responsible",
    "ServiceRecord",
    "SupportPlan",
]
