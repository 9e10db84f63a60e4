"""Answer what a provider proposed to change (A1-51)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from contracts.models import ChangeProposal
from contracts.proposal_mails import tell_answered
from contracts.proposal_rules import require_answerer

State = ChangeProposal.State


def answer_proposal(
    proposal: ChangeProposal, *, by, takes_up: bool, answer: str = ""
) -> ChangeProposal:
    """Take a proposal up, or decline it with a reason; the provider is told.

    Taking up changes no contract: its draft is written, approved and signed as every other.
    Raises ValidationError for what was answered or taken back, without a reason to decline, for
    who does not work for the commissioning body, and for one's own.
    """
    with transaction.atomic(), acting_as(by):
        rows = ChangeProposal.objects.select_for_update(of=("self",))
        proposal = rows.get(pk=proposal.pk)
        require_open(proposal)
        require_answerer(proposal, by)
        proposal.state = State.TAKEN_UP if takes_up else State.DECLINED
        proposal.answer = answer.strip()
        proposal.answered_by, proposal.answered_at = by, current_time()
        proposal.full_clean()
        proposal.save()
        tell_answered(proposal)
    return proposal


def require_open(proposal: ChangeProposal) -> None:
    """Refuse a proposal that was answered or taken back."""
    if not proposal.is_open:
        raise ValidationError(_("This proposal has been answered or taken back meanwhile."))
