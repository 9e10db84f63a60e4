"""Propose a change of a contract, as its provider (A1-51)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from contracts.dates.obligations import obligations_of
from contracts.models import ChangeProposal, Contract
from contracts.parts import part_called
from contracts.proposal_mails import tell_made
from contracts.proposal_rules import require_before_end, require_proposer


def propose_change(
    contract: Contract, *, by, part: str = "", change: str, reason: str, applies_from: date
) -> ChangeProposal:
    """Send a proposal to the commissioning body; its managers are told.

    `part` is a key of `parts_of` the edition in force. Raises ValidationError for a part there is
    not, without words, for who does not work for the provider, and for a contract that has ended by
    the day from which it is to apply.
    """
    obliged = obligations_of([contract]).get(contract.pk)
    if obliged is None:
        raise ValidationError(_("This contract has not been concluded."))
    require_proposer(contract, by)
    require_before_end(obliged, applies_from)
    edition = contract.editions.get(pk=obliged.edition_on(timezone.localdate(current_time())).pk)
    label = part_called(edition.data, part) if part else ""
    if part and not label:
        raise ValidationError({"part": _("The contract has no such part.")})
    proposal = ChangeProposal(
        contract=contract,
        read_edition=edition,
        part=part,
        part_label=label,
        change=change.strip(),
        reason=reason.strip(),
        applies_from=applies_from,
        made_by=by,
        made_at=current_time(),
    )
    with transaction.atomic(), acting_as(by):
        proposal.full_clean()
        proposal.save()
        tell_made(proposal)
    return proposal
