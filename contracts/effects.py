"""What a step that ends, shortens or prolongs something would change, shown before it is taken.

The step is carried out, what later apps make of it is measured before and after, and all of it is
undone. They say what they measure through `register`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.db import transaction

from base.formats import NO_BREAK, hours, money
from contracts.models import Contract

Unit = Literal["EUR", "h", "version"]
NONE = Decimal("0.00")


@dataclass(frozen=True)
class Measured:
    """What a step may change: where it is read, and in what unit its value is."""

    label: str
    url: str
    unit: Unit = "EUR"


@dataclass(frozen=True)
class Effect:
    """Something that comes to something else: what it came to before and after, in its unit.

    In EUR what is charged; in hours what nobody pays; of a report the number of its version.
    """

    label: str
    url: str
    before: Decimal
    after: Decimal
    unit: Unit = "EUR"

    @property
    def difference(self) -> Decimal:
        """What is charged more, or, negative, taken back."""
        return self.after - self.before

    @property
    def shown(self) -> dict[str, str]:
        """The figures as they are read."""
        spelled = SPELLED[self.unit]
        names = ("before", "after", "difference")
        return {name: spelled(getattr(self, name)) for name in names}


SPELLED: dict[Unit, Callable[[Decimal], str]] = {
    "EUR": money,
    "h": lambda value: f"{hours(value)}{NO_BREAK}h",
    "version": lambda value: f"{value:.0f}",
}


Values = Mapping[Measured, Decimal]
Source = Callable[[Contract, date, object], Values]
"""Takes a contract, the first day that may be touched, and the person who is to see it."""

_sources: list[Source] = []


def register(source: Source) -> None:
    """Say what a step may change."""
    if source not in _sources:
        _sources.append(source)


def effects_of(
    step: Callable[[], object],
    contract: Contract,
    since: date,
    user,
    more: Iterable[Callable[[], Values]] = (),
) -> list[Effect]:
    """Return what a step changes from a day on, and leave everything as it was.

    `more` measures what only the page that asks knows of. What is late for other reasons is
    brought up to date before the step, and so is not its doing. Raises what the step raises.
    """
    measures = [*more, *(_asked(source, contract, since, user) for source in _sources)]
    with transaction.atomic():
        before = _measured(measures)
        step()
        after = _measured(measures)
        transaction.set_rollback(True)
    found = [
        Effect(each.label, each.url, before.get(each, NONE), after.get(each, NONE), each.unit)
        for each in dict.fromkeys((*before, *after))
    ]
    return [effect for effect in found if effect.before != effect.after]


def _asked(source: Source, contract: Contract, since: date, user) -> Callable[[], Values]:
    return lambda: source(contract, since, user)


def _measured(measures: Iterable[Callable[[], Values]]) -> dict[Measured, Decimal]:
    return {each: value for measure in measures for each, value in measure().items()}
