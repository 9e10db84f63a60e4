"""Nouns of the forms app: clients, cases with dated rows, service records, forms to be filled."""

from forms.models.case import (
    Case,
    CasePlacement,
    CaseResponsibility,
    CaseStatus,
    PhaseAgreement,
    SupportPlan,
)
from forms.models.client import Client, ClientIdentity
from forms.models.filled_form import FilledForm, FormAnswer
from forms.models.form_definition import EditionField, FormDefinition, FormEdition
from forms.models.group_session import GroupSession
from forms.models.record_reason import RecordReason
from forms.models.service_record import ServiceRecord

__all__ = [
    "Case",
    "CasePlacement",
    "CaseResponsibility",
    "CaseStatus",
    "Client",
    "ClientIdentity",
    "EditionField",
    "FilledForm",
    "FormAnswer",
    "FormDefinition",
    "FormEdition",
    "GroupSession",
    "PhaseAgreement",
    "RecordReason",
    "ServiceRecord",
    "SupportPlan",
]
