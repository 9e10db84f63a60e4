"""What holds for proposals of changes wherever they come from: the page, or a file (A1-51)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contracts.dates.obligations import Obligations
from contracts.models import ChangeProposal, Contract, Member, Organisation


def require_proposer(contract: Contract, person) -> None:
    """Refuse who never worked for the provider: it alone proposes."""
    _require_works_for(contract.provider, person)


def require_answerer(proposal: ChangeProposal, person) -> None:
    """Refuse who never worked for the commissioning body, and who made the proposal."""
    _require_works_for(proposal.contract.commissioning_body, person)
    if person == proposal.made_by:
        raise ValidationError(_("Nobody answers a proposal of their own."))


def require_before_end(obliged: Obligations, applies_from: date) -> None:
    """Refuse a day on which the contract has ended."""
    if obliged.last is not None and applies_from > obliged.last:
        refused = ValidationError(_("The contract ends on %(day)s."), params={"day": obliged.last})
        raise ValidationError({"applies_from": refused})


def _require_works_for(organisation: Organisation, person) -> None:
    # Whoever has left did it while they were there.
    if not Member.objects.filter(organisation=organisation, user=person).exists():
        raise ValidationError(
            _("%(person)s does not work for %(organisation)s."),
            params={"person": person, "organisation": organisation},
        )
