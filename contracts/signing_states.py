"""Where a signing stands, in words, and what changes by the text that is signed."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.comparison import At, Change
from base.formats import day
from contracts.comparison import compare_contracts
from contracts.models import Signing

WAITING, COMPLETE = "waiting", "complete"
STATES = {
    WAITING: gettext_lazy("signatures are missing"),
    COMPLETE: gettext_lazy("signed by both parties"),
    Signing.Ending.CONCLUDED: gettext_lazy("published"),
    Signing.Ending.CHANGED: gettext_lazy("out of date: the draft was changed"),
    Signing.Ending.WITHDRAWN: gettext_lazy("withdrawn"),
}
TONES = {
    WAITING: "warning",
    COMPLETE: "success",
    Signing.Ending.CONCLUDED: "success",
    Signing.Ending.CHANGED: "danger",
}


def state_of(signing: Signing) -> str:
    """Return the state of a signing that was `counted`."""
    if signing.ending:
        return signing.ending
    is_complete = (
        signing.given_by_body >= signing.needed_of_body
        and signing.given_by_provider >= signing.needed_of_provider
    )
    return COMPLETE if is_complete else WAITING


def changes_of(signing: Signing) -> list[Change] | None:
    """Return what changes against the edition before; None for what will be the first."""
    if signing.amends is None:
        return None
    days = [day(each.applies_from) for each in (signing.amends, signing)]
    moved = [At("applies_from", _("Applies from")).change(*days)] if days[0] != days[1] else []
    return [*moved, *compare_contracts(signing.before, signing.data)]
