"""Nouns of the forms app: clients, cases with dated rows, service records, form definitions."""

from forms.models.case import Case, CasePlacement, CaseResponsibility, CaseStatus, SupportPlan
from forms.models.client import Client, ClientIdentity
from forms.models.form_definition import EditionField, FormDefinition, FormEdition
from forms.models.service_record import ServiceRecord

__all__ = [
    "Case",
    "CasePlacement",
    "CaseResponsibility",
    "CaseStatus",
    "Client",
    "ClientIdentity",
    "EditionField",
    "FormDefinition",
    "FormEdition",
    "ServiceRecord",
    "SupportPlan",
]
