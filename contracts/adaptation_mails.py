"""Adaptations of annexes are told by e-mail: who has to agree, and what became of them."""

from django.urls import reverse

from contracts.models import AnnexAdaptation
from contracts.models.signing import SIGN
from contracts.telling import tell, who_may

FOLDER = "contracts/adaptations"
PROPOSE = "contracts.add_annexadaptation"


def tell_proposed(adaptation: AnnexAdaptation) -> None:
    """Write to those who sign for a party that has not agreed."""
    contract = adaptation.contract
    left = {
        contract.commissioning_body: adaptation.body_agreed_by,
        contract.provider: adaptation.provider_agreed_by,
    }
    _tell(adaptation, SIGN, "proposed", [party for party, agreed in left.items() if not agreed])


def tell_agreed(adaptation: AnnexAdaptation) -> None:
    """Write to those who look after the contract on either side."""
    _tell(adaptation, PROPOSE, "agreed")


def tell_taken_back(adaptation: AnnexAdaptation) -> None:
    """Write to those who were asked."""
    _tell(adaptation, SIGN, "taken_back")


def _tell(adaptation: AnnexAdaptation, permission: str, what: str, parties=None) -> None:
    contract = adaptation.contract
    parties = parties or (contract.commissioning_body, contract.provider)
    users = who_may(permission, adaptation, parties)
    path = reverse("adaptation", args=[adaptation.pk])
    tell(users, f"{FOLDER}/{what}", path=path, adaptation=adaptation, contract=contract)
