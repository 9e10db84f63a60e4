"""Proposals of changes, and what became of them, are told by e-mail to the other party."""

from django.urls import reverse

from contracts.models import ChangeProposal
from contracts.telling import tell, who_may

FOLDER = "contracts/proposals"


def tell_made(proposal: ChangeProposal) -> None:
    """Write to those who can answer it."""
    _tell(proposal, "contracts.answer_changeproposal", "made", "proposals")


def tell_answered(proposal: ChangeProposal) -> None:
    """Write to the provider's people who make proposals."""
    _tell(proposal, "contracts.add_changeproposal", "answered")


def tell_taken_back(proposal: ChangeProposal) -> None:
    """Write to those who could have answered it."""
    _tell(proposal, "contracts.answer_changeproposal", "taken_back", "proposals")


def _tell(proposal: ChangeProposal, permission: str, what: str, work: str = "") -> None:
    contract = proposal.contract
    users = who_may(permission, proposal, (contract.commissioning_body, contract.provider))
    path = reverse("proposal", args=[proposal.pk])
    tell(users, f"{FOLDER}/{what}", path=path, work=work, proposal=proposal, contract=contract)
