"""What a combination of modules comes to: ranges per unit and in hours, always computed (D11).

Printed totals are notes; these are the figures that count. Quantities are guide values of the
catalogue: a minimum and a maximum per unit, and what a condition on the case adds to both, such
as the (+3) for first-time participants (D14, D15). Hours are hours of 60 minutes: a group session
of 90 minutes is 1.5 of them (D12). Pure: reads a catalogue's content, needs no database.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, Self

from base import formats
from cms.content.catalogue import CatalogueContent
from cms.content.effort import Unit
from cms.content.module import Module
from cms.content.need_group import Combination, Entry

MINUTES_PER_HOUR = 60
HOURS = ""  # stands among the units for the hours they all come to; no unit has an empty key


@dataclass(frozen=True, order=True)
class Range:
    """From a minimum to a maximum, both inclusive."""

    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(0)

    def __add__(self, other: Self) -> Self:
        return Range(self.minimum + other.minimum, self.maximum + other.maximum)

    def __sub__(self, other: Self) -> Self:
        """How much more both ends are; the ends of the difference may come out in any order."""
        ends = (self.minimum - other.minimum, self.maximum - other.maximum)
        return Range(min(ends), max(ends))

    def __bool__(self) -> bool:
        return bool(self.minimum or self.maximum)

    def __str__(self) -> str:
        ends = dict.fromkeys(map(formats.exact, (self.minimum, self.maximum)))
        return "–".join(ends)


NOTHING = Range()
Effort = Mapping[str, Range]
"""Effort by unit, and in hours under the key HOURS."""


@dataclass(frozen=True)
class TotalsLine:
    """The total in one unit, or in hours.

    `extras` says by condition how much more it is where the condition holds, and it alone.
    """

    unit: Unit | None
    total: Range
    extras: Mapping[str, Range]

    def __str__(self) -> str:
        added = "".join(f" (+{extra})" for extra in self.extras.values())
        return f"{self.total}{added} {self.unit.short if self.unit else 'h'}"


@dataclass(frozen=True)
class Totals:
    """What modules come to: a line for each unit that occurs, in the catalogue's order."""

    lines: tuple[TotalsLine, ...]
    hours: TotalsLine

    @property
    def label(self) -> str:
        """The total as printed in catalogues: 48 (+3) E-Std. + 13 Grp.-Sitzg."""
        return " + ".join(map(str, self.lines))

    def of(self, unit: str) -> Range:
        """The total in the unit of that key."""
        return next((line.total for line in self.lines if line.unit.key == unit), NOTHING)


class Placement(Protocol):
    """The part of a case's placement that says which modules are planned."""

    need_group: str
    combination: str
    choices: Collection[str]
    conditions: Collection[str]
    add_ons: Collection[str]


@dataclass(frozen=True)
class PlannedModule:
    """One module planned for a case, in the order of delivery.

    `requirement` is the entry's, or "entry" for the catalogue's entry module, or the timing of an
    add-on. `is_open`: it stands to choice, and nothing has been chosen yet. `quantities` are in
    units and contain the extras whose conditions hold.
    """

    module: Module
    requirement: str
    is_open: bool
    quantities: Mapping[str, Range]
    hours: Range


def combination_totals(
    catalogue: CatalogueContent,
    combination: Combination,
    *,
    choices: Collection[str] | None = None,
    add_ons: Iterable[str] = (),
) -> Totals:
    """Return what a combination comes to, with the special modules named.

    Of alternatives the least and the greatest count, or the one chosen; at least n of some
    modules take the n smallest for the minimum and all of them for the maximum; optional modules
    add to the maximum only. `choices` None: nothing has been decided yet. Otherwise optional
    modules that were not chosen are left out.
    Raises KeyError for a special module that the catalogue does not know.
    """
    modules = {module.key: module for module in catalogue.modules}
    extra = [modules[key] for key in add_ons]

    def effort(conditions: Collection[str]) -> Effort:
        parts = [
            _of_entry(catalogue, modules, entry, choices, conditions)
            for entry in combination.entries
        ]
        return _sum([*parts, *(_of_module(catalogue, module, conditions) for module in extra)])

    named = {key for entry in combination.entries for key in entry.modules}
    involved = [modules[key] for key in named] + extra
    return _totals(catalogue, effort, _conditions(catalogue, involved))


def case_totals(catalogue: CatalogueContent, placement: Placement) -> Totals:
    """Return what is planned for a case; its conditions are already in the totals.

    The entry module counts where the combination does not name it. Raises KeyError for a key
    that the catalogue does not know.
    """
    combination = _combination(catalogue, placement)
    modules = {module.key: module for module in catalogue.modules}
    conditions = placement.conditions
    parts = [
        _of_entry(catalogue, modules, entry, placement.choices, conditions)
        for entry in combination.entries
    ]
    others = [*_entry_module(catalogue, combination), *placement.add_ons]
    parts += [_of_module(catalogue, modules[key], conditions) for key in others]
    total = _sum(parts)
    return _totals(catalogue, lambda _conditions: total, ())


def planned(catalogue: CatalogueContent, placement: Placement) -> tuple[PlannedModule, ...]:
    """Return the modules planned for a case, in the order of delivery.

    Optional modules appear once chosen; alternatives appear all, as open, until one is chosen.
    Special modules stand where their timing puts them: before the others (after the module they
    follow, if any), or last. Raises KeyError for a key that the catalogue does not know.
    """
    combination = _combination(catalogue, placement)
    modules = {module.key: module for module in catalogue.modules}
    order = [(key, "entry", False) for key in _entry_module(catalogue, combination)]
    for entry in combination.entries:
        order += _chosen(entry, placement.choices)
    for key in placement.add_ons:
        place, timing = _place_of(catalogue, key, [key for key, *_rest in order])
        order.insert(place, (key, timing, False))
    return tuple(
        _planned_module(catalogue, modules[key], requirement, is_open, placement.conditions)
        for key, requirement, is_open in order
    )


def _planned_module(catalogue, module, requirement, is_open, conditions) -> PlannedModule:
    effort = dict(_of_module(catalogue, module, conditions))
    hours = effort.pop(HOURS)
    return PlannedModule(module, requirement, is_open, effort, hours)


def _chosen(entry: Entry, choices: Collection[str]) -> list[tuple[str, str, bool]]:
    if entry.requirement == "required":
        return [(key, entry.requirement, False) for key in entry.modules]
    chosen = [key for key in entry.modules if key in choices]
    found = [(key, entry.requirement, False) for key in chosen]
    if len(chosen) < _least(entry):
        rest = (key for key in entry.modules if key not in chosen)
        found += [(key, entry.requirement, True) for key in rest]
    return found


def _least(entry: Entry) -> int:
    """How many modules of an entry are needed."""
    return {"one_of": 1, "at_least": entry.at_least, "optional": 0}.get(
        entry.requirement, len(entry.modules)
    )


def _place_of(catalogue: CatalogueContent, key: str, order: Sequence[str]) -> tuple[int, str]:
    """Where an add-on stands among the modules ordered so far, and its timing."""
    add_on = _by_key(catalogue.add_ons, key, "module")
    if add_on.timing != "before_others":
        return len(order), add_on.timing
    return (order.index(add_on.after) + 1 if add_on.after in order else 0), add_on.timing


def _combination(catalogue: CatalogueContent, placement: Placement) -> Combination:
    group = _by_key(catalogue.need_groups, placement.need_group)
    return _by_key(group.combinations, placement.combination)


def _by_key(parts, key: str, field: str = "key"):
    for part in parts:
        if getattr(part, field) == key:
            return part
    raise KeyError(key)


def _entry_module(catalogue: CatalogueContent, combination: Combination) -> list[str]:
    """The entry module's key, where there is one and the combination does not name it itself."""
    key = catalogue.entry_module
    named = {key for entry in combination.entries for key in entry.modules}
    return [key] if key and key not in named else []


def _of_entry(catalogue, modules, entry: Entry, choices, conditions) -> Effort:
    efforts = {key: _of_module(catalogue, modules[key], conditions) for key in entry.modules}
    if entry.requirement == "required":
        return _sum(efforts.values())
    if entry.requirement == "optional" and choices is None:
        return _between([], efforts.values(), 0)
    certain = [effort for key, effort in efforts.items() if key in (choices or ())]
    missing = _least(entry) - len(certain)
    if missing <= 0:
        return _sum(certain)
    rest = [effort for key, effort in efforts.items() if key not in (choices or ())]
    most = len(rest) if entry.requirement == "at_least" and choices is None else missing
    return _between(certain, rest, missing, most)


def _between(certain, rest, least: int, most: int | None = None) -> Effort:
    """What is certain, and from `least` to `most` (None: all) of the rest."""
    rest = list(rest)
    units = {unit for effort in rest for unit in effort}
    spread = {}
    for unit in units:
        smallest = sorted(effort.get(unit, NOTHING).minimum for effort in rest)[:least]
        greatest = sorted((effort.get(unit, NOTHING).maximum for effort in rest), reverse=True)
        spread[unit] = Range(sum(smallest, Decimal(0)), sum(greatest[:most], Decimal(0)))
    return _sum([*certain, spread])


def _of_module(catalogue: CatalogueContent, module: Module, conditions) -> Effort:
    """The effort of one module, with the extras whose conditions hold."""
    amounts = [(part.unit, Range(part.minimum, part.maximum)) for part in module.quantities]
    amounts += [
        (extra.unit, Range(extra.quantity, extra.quantity))
        for extra in module.extras
        if extra.condition in conditions
    ]
    return _sum([{HOURS: NOTHING}, *(_with_hours(catalogue, unit, part) for unit, part in amounts)])


def _with_hours(catalogue: CatalogueContent, unit: str, amount: Range) -> Effort:
    minutes = catalogue.unit(unit).minutes
    hours = Range(*(end * minutes / MINUTES_PER_HOUR for end in (amount.minimum, amount.maximum)))
    return {unit: amount, HOURS: hours}


def _sum(efforts: Iterable[Effort]) -> Effort:
    total: dict[str, Range] = {}
    for effort in efforts:
        for unit, amount in effort.items():
            total[unit] = total.get(unit, NOTHING) + amount
    return total


def _conditions(catalogue: CatalogueContent, modules: Iterable[Module]) -> tuple[str, ...]:
    """The conditions of these modules' extras, in the catalogue's order."""
    keys = {module.key for module in modules}
    found = (e.condition for m in catalogue.modules if m.key in keys for e in m.extras)
    return tuple(dict.fromkeys(found))


def _totals(catalogue: CatalogueContent, effort, conditions: Sequence[str]) -> Totals:
    """Totals of an effort that depends on conditions: without any, and what each one adds."""
    plain = effort(())
    held = {condition: effort((condition,)) for condition in conditions}

    def line(key: str, unit: Unit | None) -> TotalsLine:
        total = plain.get(key, NOTHING)
        added = {name: other.get(key, NOTHING) - total for name, other in held.items()}
        return TotalsLine(unit, total, {name: extra for name, extra in added.items() if extra})

    lines = (line(unit.key, unit) for unit in catalogue.units)
    return Totals(tuple(each for each in lines if each.total or each.extras), line(HOURS, None))
