"""Nouns of the contracts app: who is party, what was agreed, and the facts beside the contract."""

from contracts.models.access_change import AccessChange
from contracts.models.change_mark import ChangeMark
from contracts.models.closed_year import ClosedYear
from contracts.models.contract import (
    Contract,
    ContractEdition,
    EditionAnnex,
    EditionClause,
    EditionDuty,
    EditionTerms,
)
from contracts.models.evidence import Evidence
from contracts.models.instalment import Instalment
from contracts.models.notice import Notice
from contracts.models.organisation import Member, Organisation, Team, TeamMembership
from contracts.models.payroll import PayrollLine
from contracts.models.strangers import strangers_of

__all__ = [
    "AccessChange",
    "ChangeMark",
    "ClosedYear",
    "Contract",
    "ContractEdition",
    "EditionAnnex",
    "EditionClause",
    "EditionDuty",
    "EditionTerms",
    "Evidence",
    "Instalment",
    "Member",
    "Notice",
    "Organisation",
    "PayrollLine",
    "Team",
    "TeamMembership",
    "strangers_of",
]
