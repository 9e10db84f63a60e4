"""What a step that ends or prolongs a contract would change, shown before it is taken.

The step is carried out, what later apps make of it is computed, and all of it is undone. They say
what it is through `register`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from contracts.models import Contract


@dataclass(frozen=True)
class Effect:
    """A statement that comes to something else: what it came to before and after, in EUR."""

    label: str
    url: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What is charged more, or, negative, taken back."""
        return self.after - self.before


Source = Callable[[Contract, date, object], Iterable[Effect]]
"""Takes a contract, the first day that may be touched, and the person who is to see it."""

_sources: list[Source] = []


def register(source: Source) -> None:
    """Say what a step changes."""
    if source not in _sources:
        _sources.append(source)


def effects_of(step: Callable[[], object], contract: Contract, since: date, user) -> list[Effect]:
    """Return what a step changes from a day on, and leave everything as it was.

    Raises what the step raises.
    """
    with transaction.atomic():
        for source in _sources:
            # What came late for other reasons is not the step's doing.
            list(source(contract, since, user))
        step()
        found = [effect for source in _sources for effect in source(contract, since, user)]
        transaction.set_rollback(True)
    return found
