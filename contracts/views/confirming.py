"""Forms whose effect on statements and reports is shown, and asked about, before they act."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import astuple
from datetime import date

from contracts.effects import effects_of
from contracts.models import Contract


class ShowsEffects(ABC):
    """Mixin of a form page: where what it does would change something billed, it asks once more.

    Whoever has seen the effect sends a fingerprint of it, and of what was filled in, along: with
    other values, or when meanwhile the effect is another one, they are asked again. A step that
    changes nothing is carried out at once, unless its page `always_asks`.
    """

    always_asks = False
    confirmation = "contracts/confirm_effects.html"
    """The template that says what follows."""

    @abstractmethod
    def affected(self, form) -> tuple[Contract, date]:
        """Return the contract a valid form is about, and the first day it may touch."""

    def measures(self, form) -> Iterable:
        """Return what else is measured before and after, see `effects_of`."""
        return ()

    def told(self, form) -> dict:
        """Return what else the template says of a valid form: plain values, days and amounts."""
        return {}

    def forget(self) -> None:
        """Let the page read its row again: what was only tried left its traces in memory."""
        vars(self).pop("target", None)

    def require_confirmed(self, form) -> None:
        """Raise Unconfirmed with the effects, where there are any and they were not seen yet."""
        contract, since = self.affected(form)
        told = self.told(form)
        try:
            effects = effects_of(
                lambda: self.act(form), contract, since, self.request.user, self.measures(form)
            )
        finally:
            self.forget()
        if effects or self.always_asks:
            all_told = told | {"effects": [astuple(effect) for effect in effects]}
            self.ask(all_told, self.confirmation, effects=effects, **told)
