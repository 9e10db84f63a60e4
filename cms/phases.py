"""Phases of a service description: when they may end and how many hours they need.

Lengths count from the first day, which belongs to the phase: four weeks from 1 March end on
28 March. Hours per week bind as an average over the whole phase and count for full weeks only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from base.content import Refusal, _, listed

ONE_DAY = timedelta(days=1)
MINIMUM_TOO_LONG = _("phase %(phase)s: the minimum is longer than the maximum")


@dataclass(frozen=True, kw_only=True)
class PhaseRule:
    """How long a phase lasts and how intense it is; None means "by agreement".

    Each limit is given in weeks or in calendar months, not in both.
    `min_hours_per_week` in hours of 60 minutes.
    Raises Refusal for limits that contradict each other.
    """

    key: str
    min_weeks: int | None = None
    min_months: int | None = None
    max_weeks: int | None = None
    max_months: int | None = None
    min_hours_per_week: Decimal | None = None

    def __post_init__(self):
        weeks, months = (self.min_weeks, self.max_weeks), (self.min_months, self.max_months)
        if any(None not in limits for limits in zip(weeks, months, strict=True)):
            raise Refusal(
                _("phase %(phase)s: a limit is given in weeks or months, not both"), phase=self.key
            )
        if any(limit is not None and limit < 1 for limit in weeks + months):
            raise Refusal(
                _("phase %(phase)s: a limit is at least one week or month"), phase=self.key
            )
        if any(None not in limits and limits[0] > limits[1] for limits in (weeks, months)):
            raise Refusal(MINIMUM_TOO_LONG, phase=self.key)
        if self.min_hours_per_week is not None and self.min_hours_per_week < 0:
            raise Refusal(_("phase %(phase)s: hours per week are negative"), phase=self.key)

    def earliest_end(self, begins: date) -> date:
        """The last day of the shortest permitted phase; without a minimum its first day."""
        return _end(begins, self.min_weeks, self.min_months) or begins

    def latest_end(self, begins: date) -> date | None:
        """The last day of the longest permitted phase, or None without a maximum."""
        return _end(begins, self.max_weeks, self.max_months)

    def minimum_hours(self, begins: date, ends: date) -> Decimal:
        """The hours a phase with these first and last days needs at least."""
        return full_weeks(begins, ends) * (self.min_hours_per_week or Decimal(0))


@dataclass(frozen=True, kw_only=True)
class PlannedPhase:
    """One phase of a case: its first and last day beside the limits of its rule.

    `ends` is the chosen last day or, as long as none is chosen, the earliest permitted one.
    `minimum_hours` belongs to the days from `begins` to `ends`.
    """

    rule: PhaseRule
    begins: date
    ends: date
    is_chosen: bool
    earliest_end: date
    latest_end: date | None
    minimum_hours: Decimal


@dataclass(frozen=True)
class PhasePlan:
    """The phases of one case in their order."""

    phases: tuple[PlannedPhase, ...]

    @property
    def minimum_hours(self) -> Decimal:
        """The hours the whole case needs at least."""
        return sum((phase.minimum_hours for phase in self.phases), Decimal(0))


def plan(
    phases: Sequence[PhaseRule], start: date, ends: Mapping[str, date] | None = None
) -> PhasePlan:
    """Lay the phases one after another, each from the day after the one before.

    `ends` holds chosen last days by phase key; a phase without one takes its earliest end. Chosen
    days outside the limits, which stand beside them, are kept, because practice may deviate.
    Raises Refusal for an unknown or repeated key, for an end before the beginning, and for
    limits in weeks and months that leave no permitted end.
    """
    ends = ends or {}
    _check_keys(phases, ends)
    planned = []
    for rule in phases:
        planned.append(_planned(rule, start, ends.get(rule.key)))
        start = planned[-1].ends + ONE_DAY
    return PhasePlan(tuple(planned))


def last_day(begins: date, months: int) -> date:
    """The last day of a period of calendar months whose first day is `begins`.

    It is the day before the one with the same number, or the last day of a month that is too
    short for it: six months from 31 August end on the last day of February.
    Source: sections 187 (2) and 188 (2), (3) BGB.
    """
    same_number = begins + relativedelta(months=months)
    return same_number - ONE_DAY if same_number.day == begins.day else same_number


def full_weeks(begins: date, ends: date) -> int:
    """How many whole weeks the days from `begins` to `ends` (inclusive) contain."""
    return ((ends - begins).days + 1) // 7


def _end(begins, weeks, months):
    if weeks is not None:
        return begins + timedelta(weeks=weeks) - ONE_DAY
    return None if months is None else last_day(begins, months)


def _planned(rule, begins, chosen):
    earliest, latest = rule.earliest_end(begins), rule.latest_end(begins)
    if latest is not None and latest < earliest:
        raise Refusal(MINIMUM_TOO_LONG, phase=rule.key)
    if chosen is not None and chosen < begins:
        raise Refusal(
            _("phase %(phase)s ends before it begins on %(begins)s"), phase=rule.key, begins=begins
        )
    ends = chosen or earliest
    return PlannedPhase(
        rule=rule,
        begins=begins,
        ends=ends,
        is_chosen=chosen is not None,
        earliest_end=earliest,
        latest_end=latest,
        minimum_hours=rule.minimum_hours(begins, ends),
    )


def _check_keys(phases, ends):
    keys = [rule.key for rule in phases]
    if len(set(keys)) != len(keys):
        raise Refusal(_("a phase key is used twice"))
    if unknown := set(ends) - set(keys):
        raise Refusal(_("no such phase: %(phases)s"), phases=listed(sorted(unknown)))
