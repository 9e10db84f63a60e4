"""What an edition may do to the time its contract is in force: end or prolong it from then on."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import current_time
from contracts.content import ContractContent
from contracts.dates.obligations import obligations_of
from contracts.models import Contract

ONE_DAY = timedelta(days=1)


def require_timely(contract: Contract, content: ContractContent) -> None:
    """Refuse an edition that would end its contract before the edition itself applies.

    By it, days that were in force under another edition would be so no more: what was done and
    billed then is taken back by a notice without notice period, with reasons, not by a term. And
    one that begins to apply after the contract has ended: it would put the days between in force
    under an edition that had run out. Raises ValidationError with the days that are allowed.
    """
    known_on = timezone.localdate(current_time())
    obliged = obligations_of([contract], known_on=known_on).get(contract.pk)
    applies_from = contract.applies_from or content.term.begins
    first = obliged.first if obliged else content.term.begins
    ends = None if content.term.renews_months else content.term.first_ends
    if ends is not None and ends < max(first, applies_from):
        raise ValidationError(
            _(
                "Term: by this edition the contract ends on %(ends)s, before the edition applies."
                " Allowed as its last day: %(allowed)s or later."
            ),
            code="ends_too_early",
            params={"ends": ends, "allowed": max(first, applies_from)},
        )
    last = obliged.last if obliged else None
    if last is not None and applies_from > last + ONE_DAY:
        raise ValidationError(
            _(
                "Applies from %(day)s: the contract ends on %(last)s. Allowed for an edition that"
                " prolongs it: %(allowed)s or earlier. What begins later is a contract of its own."
            ),
            code="applies_too_late",
            params={"day": applies_from, "last": last, "allowed": last + ONE_DAY},
        )
