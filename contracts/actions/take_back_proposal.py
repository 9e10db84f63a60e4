"""Take back what one's own house proposed to change (A1-51)."""

from django.db import transaction

from base.acting import acting_as, current_time
from contracts.actions.answer_proposal import require_open
from contracts.models import ChangeProposal
from contracts.proposal_mails import tell_taken_back
from contracts.proposal_rules import require_proposer


def take_back_proposal(proposal: ChangeProposal, *, by) -> ChangeProposal:
    """Take back a proposal that has no answer yet; the commissioning body's managers are told.

    Raises ValidationError for what was answered or taken back, and for who does not work for the
    provider.
    """
    with transaction.atomic(), acting_as(by):
        rows = ChangeProposal.objects.select_for_update(of=("self",))
        proposal = rows.get(pk=proposal.pk)
        require_open(proposal)
        require_proposer(proposal.contract, by)
        proposal.state = ChangeProposal.State.TAKEN_BACK
        proposal.answered_by, proposal.answered_at = by, current_time()
        proposal.full_clean()
        proposal.save()
        tell_taken_back(proposal)
    return proposal
