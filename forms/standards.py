"""Which service standards hold for a case: those of the descriptions its contract annexes.

Asked for the day of an event: later editions of contract or description leave it as it was.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from base.content import read_frozen
from cms.content.standard import Standard
from cms.models import DescriptionEdition
from cms.models.description import EditionStandard
from contracts.annexes import named_by
from contracts.dates.deadlines import DeadlineRule
from contracts.dates.obligations import Obligations, obligations_of
from contracts.dates.working_days import Calendar
from contracts.models import Contract
from contracts.models.contract import EditionAnnex


def standard_of(row: EditionStandard) -> Standard:
    """Return what a standard says whose row in an edition this is."""
    plain = next(each for each in row.edition.content["standards"] if each["key"] == row.key)
    return read_frozen(Standard, plain)


def rule_of(standard: Standard) -> DeadlineRule | None:
    """Return how the deadline follows from its event; None where it is agreed for each case."""
    return standard.unit and _rule(standard, standard.number)


def target_of(standard: Standard) -> DeadlineRule | None:
    """Return how the internal target follows from the event, if there is one."""
    return None if standard.target is None else _rule(standard, standard.target)


def _rule(standard: Standard, count: int) -> DeadlineRule:
    return DeadlineRule(count, standard.unit, by_post=standard.by_post, moves=standard.moves)


class Held(NamedTuple):
    """A service standard that leads to deadlines: the key of its row, and what it says."""

    row: int
    description: int
    standard: Standard


class _Annexed(NamedTuple):
    description: int
    number: int
    edition: int
    first: date
    last: date | None


@dataclass(frozen=True)
class Standards:
    """The standards of some contracts, looked up once for all."""

    obliged: dict[int, Obligations]
    annexed: dict[int, list[_Annexed]]
    """By the key of a contract edition."""
    held: dict[int, tuple[Held, ...]]
    """By the key of a description edition."""

    def __bool__(self) -> bool:
        return any(self.held.values())

    def all(self) -> Iterator[Standard]:
        """Every standard that holds in one of the contracts at some time."""
        return (held.standard for found in self.held.values() for held in found)

    _of: dict[int, tuple[Held, ...]] = field(default_factory=dict)
    _on: dict[tuple[int, date], frozenset[int]] = field(default_factory=dict)

    def of(self, contract: int) -> tuple[Held, ...]:
        """The standards of a contract at any time."""
        if contract not in self._of:
            obliged = self.obliged.get(contract)
            editions = obliged.editions if obliged else ()
            found = {row.edition for each in editions for row in self.annexed.get(each.pk, ())}
            self._of[contract] = tuple(
                held for edition in sorted(found) for held in self.held[edition]
            )
        return self._of[contract]

    def holds(self, contract: int, held: Held, day: date) -> bool:
        """Whether a standard is agreed on a day: by the newest edition of its description."""
        if (contract, day) not in self._on:
            self._on[contract, day] = frozenset(self._agreed_on(contract, day))
        return held.row in self._on[contract, day]

    def _agreed_on(self, contract: int, day: date) -> Iterator[int]:
        """The rows of the standards that are agreed on a day."""
        in_force = self.obliged[contract].edition_on(day)
        newest: dict[int, _Annexed] = {}
        for row in self.annexed.get(in_force.pk, ()):
            if row.first <= day and (row.last is None or day <= row.last):
                before = newest.get(row.description)
                if before is None or before.number < row.number:
                    newest[row.description] = row
        return (held.row for row in newest.values() for held in self.held[row.edition])

    def calendar(self, contract: int, day: date) -> Calendar:
        """The working days that a contract agrees on for a day."""
        return self.obliged[contract].on(day).working_days


def standards_of(contracts: Collection[int]) -> Standards:
    """Return the live standards of contracts, given by key; as many queries for many as for one."""
    annexing = EditionAnnex.objects.filter(
        edition__contract__in=contracts, description_edition__isnull=False
    )
    named = named_by(list(annexing.order_by().values_list("edition", flat=True)), "description")
    keys = {each.edition for found in named.values() for each in found}
    rows = DescriptionEdition.objects.filter(pk__in=keys).order_by("pk")
    of = {pk: rest for pk, *rest in rows.values_list("pk", "description", "number")}
    annexed = {
        edition: [_Annexed(*of[each.edition], *each) for each in found]
        for edition, found in named.items()
    }
    held = _held({row.edition for found in annexed.values() for row in found})
    if not any(held.values()):
        return Standards({}, {}, {})
    agreed = obligations_of(Contract.objects.filter(pk__in=contracts).only("pk"))
    return Standards(agreed, annexed, held)


def _held(editions: Iterable[int]) -> dict[int, tuple[Held, ...]]:
    """Return the standards with a starting event, by the keys of the editions that say them."""
    found: dict[int, tuple[Held, ...]] = dict.fromkeys(editions, ())
    if not found:
        return found
    rows: dict[int, dict[str, int]] = defaultdict(dict)
    printed = EditionStandard.objects.filter(edition__in=found).order_by("edition", "position")
    for edition, key, row in printed.values_list("edition", "key", "pk"):
        rows[edition][key] = row
    # Only this part of the content: all else of it is long.
    said = DescriptionEdition.objects.filter(pk__in=rows).order_by("pk")
    for edition, description, plain in said.values_list("pk", "description", "content__standards"):
        standards = [read_frozen(Standard, each) for each in plain]
        found[edition] = tuple(
            Held(rows[edition][each.key], description, each) for each in standards if each.starts
        )
    return found
