"""Nouns of the contracts app: who is party, what was agreed, and the facts beside the contract."""

from contracts.models.access_change import AccessChange
from contracts.models.annex_adaptation import AnnexAdaptation
from contracts.models.api_token import ApiToken
from contracts.models.bank_change import BankChange
from contracts.models.change_mark import ChangeMark
from contracts.models.change_proposal import ChangeProposal
from contracts.models.closed_year import ClosedYear
from contracts.models.contract import (
    Contract,
    ContractEdition,
    EditionAnnex,
    EditionClause,
    EditionDuty,
    EditionTerms,
)
from contracts.models.contract_file import ContractFile
from contracts.models.evidence import Evidence
from contracts.models.instalment import Instalment
from contracts.models.notice import Notice
from contracts.models.organisation import Member, Organisation, Team, TeamMembership
from contracts.models.payroll import PayrollLine
from contracts.models.signing import ConfirmedSignature, Signing
from contracts.models.substitution import Substitution

__all__ = [
    "AccessChange",
    "AnnexAdaptation",
    "ApiToken",
    "BankChange",
    "ChangeMark",
    "ChangeProposal",
    "ClosedYear",
    "ConfirmedSignature",
    "Contract",
    "ContractEdition",
    "ContractFile",
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
    "Signing",
    "Substitution",
    "Team",
    "TeamMembership",
]
