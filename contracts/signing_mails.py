"""What is presented for signature tells those who may sign, and those who look after contracts."""

from django.urls import reverse

from contracts.models import Signing
from contracts.models.signing import PRESENT, SIGN, signing_ended
from contracts.telling import tell, who_may

FOLDER = "contracts/signings"


def watch() -> None:
    """Write to those who were asked when nothing is to be signed any more."""
    signing_ended.connect(_ended, dispatch_uid="contracts.signing_mails")


def tell_presented(signing: Signing) -> None:
    """Write to those who may sign for a party."""
    _tell(signing, SIGN, "presented", "signings")


def tell_complete(signing: Signing) -> None:
    """Write to those who can have it published."""
    _tell(signing, PRESENT, "complete", "signed")


def _ended(signing: Signing, **kwargs) -> None:
    if signing.ending != Signing.Ending.CONCLUDED:
        _tell(signing, SIGN, "ended", "signings")


def _tell(signing: Signing, permission: str, what: str, work: str) -> None:
    contract = signing.contract
    users = who_may(permission, signing, (contract.commissioning_body, contract.provider))
    path = reverse("signing", args=[signing.pk])
    given = {"signing": signing, "contract": signing.named}
    tell(users, f"{FOLDER}/{what}", path=path, work=work, **given)
