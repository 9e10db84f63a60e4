"""Planned against used: how far the modules of a case are spent.

Planned is what the placement in force asks for: need group, combination, choices, conditions and
special modules of its catalogue edition (`cms.totals`). Used is what counting service records
say, whatever placement they were made under: a module's key is stable and carries its use over to
later editions (D17). Individual minutes become units exactly; a group session counts as one
attendance for each who was there (D13). Quantities are guide values: reaching the greatest warns,
going on beyond it needs a reason (D14).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from django.db.models import Count, Q, Sum

from base.facts import Fact
from base.formats import number
from cms.content.catalogue import CatalogueContent
from cms.content.effort import Unit
from cms.content.module import Module
from cms.models import CatalogueEdition
from cms.totals import MINUTES_PER_HOUR, Placement, PlannedModule, case_totals, planned
from forms.models import CasePlacement, ServiceRecord

FULL = 100  # percent
NEAR = 80  # percent, from which a bar asks for attention without warning yet
OUTSIDE = "outside"
"""Requirement of a module that was worked on without being planned."""


class WorkDone(NamedTuple):
    """What was done for a case in one module."""

    minutes: int = 0
    """Of individual work."""
    attendances: int = 0
    """At group sessions."""


@dataclass(frozen=True)
class Amount:
    """Planned and used in one unit. `least` and `guide` are the ends of the planned range."""

    unit: Unit
    least: Fraction
    guide: Fraction
    used: Fraction

    @property
    def rest(self) -> Fraction:
        """What is left of the guide value; nothing once it is exceeded."""
        return max(self.guide - self.used, Fraction(0))

    @property
    def over(self) -> Fraction:
        """By how much the guide value is exceeded."""
        return max(self.used - self.guide, Fraction(0))

    @property
    def percent(self) -> int | None:
        """Used of the guide value, rounded down: 100 means reached. None: nothing is planned."""
        return percent(self.used, self.guide)

    @property
    def level(self) -> Literal["free", "near", "reached", "exceeded"]:
        """How urgent it is."""
        return level(self.used, self.guide)

    @property
    def is_range(self) -> bool:
        """Whether a range is planned instead of one value."""
        return self.least != self.guide


@dataclass(frozen=True)
class ModuleUsage:
    """Planned and used of one module, by unit: individual work first, then group sessions.

    `requirement` is that of `cms.totals.PlannedModule`, or OUTSIDE.
    """

    key: str
    code: str
    title: str
    requirement: str
    is_open: bool
    amounts: tuple[Amount, ...]

    @property
    def level(self) -> str:
        """The most urgent of its amounts' levels."""
        levels = [amount.level for amount in self.amounts]
        return max(levels, key=LEVELS.index, default="free")

    def amount(self, setting: str) -> Amount | None:
        """Return the amount of a setting: individual, or group."""
        return next((each for each in self.amounts if each.unit.setting == setting), None)

    @property
    def warns(self) -> bool:
        """Whether a guide value is reached (D14)."""
        return self.level in WARNING


LEVELS = ("free", "near", "reached", "exceeded")
WARNING = ("reached", "exceeded")


@dataclass(frozen=True)
class CaseUsage:
    """Planned and used of one case: by module, and in hours of all modules together.

    `used_hours` are of what a quantity is planned for; `other_hours` were worked beside that.
    """

    modules: tuple[ModuleUsage, ...]
    planned_hours: Fraction
    used_hours: Fraction
    other_hours: Fraction

    @property
    def percent(self) -> int | None:
        """Hours used of those planned, rounded down; None: nothing is planned."""
        return percent(self.used_hours, self.planned_hours)

    @property
    def level(self) -> str:
        """How urgent the case as a whole is."""
        return level(self.used_hours, self.planned_hours)

    @property
    def warnings(self) -> tuple[ModuleUsage, ...]:
        """The modules whose guide value is reached."""
        return tuple(module for module in self.modules if module.warns)

    def module(self, key: str) -> ModuleUsage | None:
        """Return the usage of the module of that key."""
        return next((module for module in self.modules if module.key == key), None)


NO_USAGE = CaseUsage((), Fraction(0), Fraction(0), Fraction(0))


def percent(used: Fraction, whole: Fraction) -> int | None:
    """Return whole percent, rounded down; None where there is nothing to compare with."""
    return int(used * FULL / whole) if whole else None


def level(used: Fraction, whole: Fraction) -> str:
    """Return how urgent it is that so much of a whole is used; without a whole it never is."""
    if not whole or used * FULL < whole * NEAR:
        return "free"
    if used > whole:
        return "exceeded"
    return "reached" if used == whole else "near"


def approximate(value: Fraction | Decimal) -> str:
    """Return a quantity as people read it: at most two decimal places, half up, with a comma."""
    exact = Fraction(value)
    hundredths = (abs(exact) * 100 + Fraction(1, 2)) // 1
    return number(Decimal(hundredths) / 100 * (-1 if exact < 0 else 1), most=2)


class UsagePlan(NamedTuple):
    """What is planned for a case, by module, and in hours of all modules together."""

    modules: tuple[PlannedModule, ...] = ()
    hours: Fraction = Fraction(0)


def plan_of(catalogue: CatalogueContent, placement: Placement) -> UsagePlan:
    """Return what a placement plans; pure."""
    modules = planned(catalogue, placement)
    if not modules:
        return UsagePlan()
    return UsagePlan(modules, Fraction(case_totals(catalogue, placement).hours.total.maximum))


def usage(
    catalogue: CatalogueContent | None,
    placement: Placement | None,
    work: Mapping[str, WorkDone],
    *,
    earlier: Iterable[CatalogueContent] = (),
    plan: UsagePlan | None = None,
) -> CaseUsage:
    """Return planned against used for one case; pure.

    `work` is by module key. Modules worked on that are not planned come last; their titles are
    looked up in the catalogue, then in the `earlier` ones. Without a catalogue nothing is planned.
    Who knows the `plan` of the placement passes it.
    """
    if plan is None:
        plan = plan_of(catalogue, placement) if catalogue and placement else UsagePlan()
    modules = [
        ModuleUsage(
            key=each.module.key,
            code=each.module.code,
            title=each.module.short_title or each.module.title,
            requirement=each.requirement,
            is_open=each.is_open,
            amounts=_amounts(catalogue, each.quantities, work.get(each.module.key, WorkDone())),
        )
        for each in plan.modules
    ]
    known = [content for content in (catalogue, *earlier) if content]
    named = {each.module.key for each in plan.modules}
    modules += [_unplanned(key, work[key], known) for key in sorted(work) if key not in named]
    measured, other = (
        sum(
            (
                _hours(amount)
                for m in modules
                for amount in m.amounts
                if bool(amount.guide) is is_it
            ),
            Fraction(0),
        )
        for is_it in (True, False)
    )
    return CaseUsage(tuple(modules), plan.hours, measured, other)


def _amounts(
    catalogue: CatalogueContent, quantities: Mapping, work: WorkDone
) -> tuple[Amount, ...]:
    """One amount for individual work, one for groups; each only where planned or used."""
    found = []
    for setting, used in (("individual", work.minutes), ("group", work.attendances)):
        units = [catalogue.unit(key) for key in quantities]
        units = [unit for unit in units if unit.setting == setting]
        if not units and not used:
            continue
        unit = units[0] if units else _usual_unit(catalogue, setting)
        least, guide = (
            sum(
                (_in(unit, each, getattr(quantities[each.key], end)) for each in units), Fraction(0)
            )
            for end in ("minimum", "maximum")
        )
        spent = Fraction(used, unit.minutes) if setting == "individual" else Fraction(used)
        found.append(Amount(unit, least, guide, spent))
    return tuple(found)


def _in(unit: Unit, other: Unit, quantity: Decimal) -> Fraction:
    """So much of another unit, in this one: what a module plans in two units adds up."""
    return Fraction(quantity) * other.minutes / unit.minutes


HOUR = Unit(key="hour", label="h", short="h", minutes=MINUTES_PER_HOUR)
ATTENDANCE = Unit(key="attendance", label="×", short="×", minutes=90, setting="group")


def _usual_unit(catalogue: CatalogueContent | None, setting: str) -> Unit:
    """What effort of a setting is counted in where nothing is planned."""
    units = catalogue.units if catalogue else ()
    fallback = HOUR if setting == "individual" else ATTENDANCE
    return next((unit for unit in units if unit.setting == setting), fallback)


def _unplanned(key: str, work: WorkDone, known: Sequence[CatalogueContent]) -> ModuleUsage:
    module: Module | None = None
    catalogue = known[0] if known else None
    for content in known:
        module = next((each for each in content.modules if each.key == key), None)
        if module:
            catalogue = content
            break
    return ModuleUsage(
        key=key,
        code=module.code if module else "",
        title=(module.short_title or module.title) if module else key,
        requirement=OUTSIDE,
        is_open=False,
        amounts=_amounts(catalogue, {}, work),
    )


def _hours(amount: Amount) -> Fraction:
    return amount.used * amount.unit.minutes / MINUTES_PER_HOUR


def usage_of(cases: Collection[int], day: date) -> dict[int, CaseUsage]:
    """Return planned against used by case, with the same few queries for one case and for many.

    `cases` are keys; `day` says which placement is in force. Every case has an answer.
    """
    placements: dict[int, list[CasePlacement]] = {}
    rows = CasePlacement.objects.filter(case__in=cases, valid_from__lte=day)
    for row in rows.order_by("case", "-valid_from"):
        placements.setdefault(row.case_id, []).append(row)
    contents = catalogue_contents(
        {row.catalogue_edition_id for rows in placements.values() for row in rows}
    )
    work = work_of(cases)
    plans: dict[tuple, UsagePlan] = {}  # many cases are placed alike
    found = {}
    for case in cases:
        mine = placements.get(case, [])
        read = [contents[row.catalogue_edition_id] for row in mine]
        kind = _kind_of(mine[0]) if mine else None
        if mine and kind not in plans:
            plans[kind] = plan_of(read[0], mine[0])
        found[case] = usage(
            read[0] if read else None,
            mine[0] if mine else None,
            work.get(case, {}),
            earlier=read[1:],
            plan=plans.get(kind),
        )
    return found


def _kind_of(row: CasePlacement) -> tuple:
    """Return all that a placement's plan depends on."""
    chosen = (row.choices, row.conditions, row.add_ons)
    return (row.catalogue_edition_id, row.need_group, row.combination, *map(tuple, chosen))


def work_of(cases: Collection[int]) -> dict[int, dict[str, WorkDone]]:
    """Return what was done by case and module, under whatever placement; only what counts."""
    counting = ServiceRecord.objects.filter(case__in=cases, status=Fact.Status.SUBMITTED)
    rows = (
        counting.exclude(module="")
        .order_by()
        .values_list("case", "module")
        .annotate(
            alone=Sum("minutes", filter=Q(session=""), default=0),
            groups=Count("pk", filter=~Q(session="")),
        )
    )
    found: dict[int, dict[str, WorkDone]] = {}
    for case, module, minutes, attendances in rows:
        found.setdefault(case, {})[module] = WorkDone(minutes, attendances)
    return found


def catalogue_contents(editions: Collection[int]) -> dict[int, CatalogueContent]:
    """Return what catalogue editions say, by key; each content is read once for a process."""
    seals = CatalogueEdition.objects.filter(pk__in=editions).values_list("pk", "seal")
    return {pk: _content(pk, seal) for pk, seal in seals}


@lru_cache(maxsize=64)
def _content(pk: int, seal: str) -> CatalogueContent:
    """Read an edition's content; the seal stands for it, so that nothing else is ever returned."""
    return CatalogueEdition.objects.get(pk=pk).data
