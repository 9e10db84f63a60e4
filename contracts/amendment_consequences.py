"""What an amendment corrects of statements and reports, told before it is approved."""

from copy import copy

from base.editions import freeze
from base.studio.consequences import Consequences
from contracts.effects import Effect, effects_of
from contracts.models import Contract


class ConsequencesOfAmendment(Consequences):
    """Statements and reports since the day from which the edition applies."""

    template = "contracts/studio/consequences.html"
    read_template = "contracts/effects.html"

    def of(self, draft: Contract, user) -> list[Effect]:
        """Return what the edition would change; nothing was billed before there is a first one.

        Measured as if it were frozen now, also where it is approved for a later moment: what was
        billed by then is corrected then.
        """
        contract = Contract.objects.filter(pk=draft.pk).first()
        if contract is None or not contract.editions.exists():
            return []
        return effects_of(lambda: _frozen(draft, user), contract, draft.applies_from, user)


def _frozen(draft: Contract, user) -> None:
    # What is only tried leaves its traces in memory, even where the database undoes it.
    revision = copy(draft).save_revision(user=user)
    freeze(revision.as_object(), revision)
