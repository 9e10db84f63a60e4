"""Duties of a contract that fall due again and again: statements, reports, proofs of use.

A duty refers to calendar periods (its cycle), cut to the term of the contract. The last day of
such a period is the reference date, and a rule leads from there to the day on which it is due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from dateutil.relativedelta import relativedelta
from pydantic import Field, model_validator

from base.content import ASIDE, Content, Key, Line, RefersTo, Refusal, _, labels, summary
from contracts.dates.working_days import Calendar, last_day_of_month

Cycle = Literal["month", "quarter", "half", "year"]
DutyKind = Literal["statement", "report", "proof_of_use"]

ONE_DAY = timedelta(days=1)
LONGEST_REMINDER_DAYS = 3 * 366
MONTHS_PER_CYCLE: dict[Cycle, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class DutyStep:
    """One step on the way to a due date, and the day it leads to.

    `text` is an English message id; `values` fills its places, so that a screen can translate
    first and insert afterwards. `name` may be a message id itself ("Sunday").
    """

    text: str
    day: date
    count: int | None = None
    name: str = ""

    @property
    def values(self) -> dict:
        """What the places in `text` stand for."""
        return {"count": self.count, "name": self.name}

    def __str__(self):
        return f"{self.day.isoformat()}: {self.text % self.values}"


Steps = tuple[DutyStep, ...]


class LastWorkingDayOfFollowingMonth(Content):
    """Due on the last working day of the month after the reference date, counted backwards."""

    model_config = summary("", title=_("last working day of the following month"))

    type: Literal["last_working_day_of_following_month"] = "last_working_day_of_following_month"

    def steps(self, reference: date, calendar: Calendar) -> Steps:
        """How the due date follows from the reference date."""
        month_end = last_day_of_month(reference + relativedelta(months=1))
        last = calendar.last_working_day_of_month(month_end)
        skipped = _days_off(calendar, month_end, last)
        end = DutyStep(_("last working day of the following month"), last)
        return (_start(reference), *skipped, end)


class FixedDayFollowingYear(Content):
    """Due on a fixed day of the year after the reference date, moved forward to a working day.

    29 February stands for the last day of February.
    """

    model_config = summary("{day}.{month}.", title=_("fixed day of the following year"))

    type: Literal["fixed_day_following_year"] = "fixed_day_following_year"
    month: int = Field(
        ge=1, le=12, title=_("month"), description=_("1 for January to 12 for December.")
    )
    day: int = Field(
        ge=1,
        le=31,
        title=_("day"),
        description=_("Day of the month; moved to the next working day where it is none."),
    )

    @model_validator(mode="after")
    def _day_exists(self) -> Self:
        leap_year = 2024
        if self.day > last_day_of_month(date(leap_year, self.month, 1)).day:
            template = _("month %(month)s has no day %(day)s")
            raise Refusal(template, month=self.month, day=self.day)
        return self

    def steps(self, reference: date, calendar: Calendar) -> Steps:
        """How the due date follows from the reference date."""
        month_end = last_day_of_month(date(reference.year + 1, self.month, 1))
        day = month_end.replace(day=min(self.day, month_end.day))
        step = DutyStep(_("fixed day of the following year"), day)
        return (_start(reference), step, *moved_forward(calendar, day))


class DaysAfter(Content):
    """Due a number of calendar days after the reference date, moved forward to a working day.

    The day after the reference date is the first to count; a week is seven days.
    """

    model_config = summary("{days}", title=_("days after"))

    type: Literal["days_after"] = "days_after"
    days: int = Field(
        ge=0, title=_("days"), description=_("Calendar days after the end of the period.")
    )

    def steps(self, reference: date, calendar: Calendar) -> Steps:
        """How the due date follows from the reference date."""
        day = reference + timedelta(days=self.days)
        step = DutyStep(_("%(count)d calendar days later"), day, self.days)
        return (_start(reference), step, *moved_forward(calendar, day))


class WorkingDaysAfter(Content):
    """Due a number of working days after the reference date."""

    model_config = summary("{days}", title=_("working days after"))

    type: Literal["working_days_after"] = "working_days_after"
    days: int = Field(
        ge=0, title=_("days"), description=_("Working days after the end of the period.")
    )

    def steps(self, reference: date, calendar: Calendar) -> Steps:
        """How the due date follows from the reference date."""
        day = calendar.add_working_days(reference, self.days)
        return (_start(reference), DutyStep(_("%(count)d working days later"), day, self.days))


DueRule = Annotated[
    LastWorkingDayOfFollowingMonth | FixedDayFollowingYear | DaysAfter | WorkingDaysAfter,
    Field(discriminator="type"),
]


class Duty(Content):
    """Something a party owes for every period of a cycle, and the clause that says so."""

    model_config = summary("{label}", title=_("duty"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(title=_("label"), description=_("As it appears in lists of what is due."))
    kind: DutyKind = Field(
        title=_("kind"),
        description=_("What has to be handed in."),
        **labels(statement=_("statement"), report=_("report"), proof_of_use=_("proof of use")),
    )
    cycle: Cycle = Field(
        title=_("cycle"),
        description=_("For which stretch of time it is owed."),
        **labels(month=_("month"), quarter=_("quarter"), half=_("half-year"), year=_("year")),
    )
    due: DueRule = Field(
        title=_("due"), description=_("How the due date follows from the end of the period.")
    )
    remind_days: int = Field(
        30,
        ge=0,
        le=LONGEST_REMINDER_DAYS,
        title=_("reminder in days"),
        description=_(
            "How many days before it is due people are reminded of it; "
            "never before its stretch of time is over."
        ),
        **ASIDE,
    )
    clause: Annotated[str, RefersTo("clauses", by="number")] = Field(
        "",
        max_length=40,
        title=_("clause"),
        description=_("The clause this rests on."),
    )


def due_date(duty: Duty, reference: date, calendar: Calendar) -> tuple[date, Steps]:
    """The day a duty is due for the period that ends on `reference`, and how it follows."""
    steps = duty.due.steps(reference, calendar)
    return steps[-1].day, steps


def periods_between(cycle: Cycle, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The calendar periods of a cycle that touch these days, as (first, last), cut to them.

    The cut makes the last day of a contract the reference date of its final report.
    """
    while first <= last:
        ends = period_end(cycle, first)
        yield first, min(ends, last)
        first = ends + ONE_DAY


def period_end(cycle: Cycle, day: date) -> date:
    """The last day of the calendar period of this cycle in which `day` lies."""
    length = MONTHS_PER_CYCLE[cycle]
    last_month = -(-day.month // length) * length
    return last_day_of_month(day.replace(month=last_month, day=1))


def period_start(cycle: Cycle, day: date) -> date:
    """The first day of the calendar period of this cycle in which `day` lies."""
    ends = period_end(cycle, day)
    return ends.replace(month=ends.month - MONTHS_PER_CYCLE[cycle] + 1, day=1)


def moved_forward(calendar: Calendar, day: date) -> Steps:
    """The free days from `day` on and the working day after them; nothing on a working day."""
    target = calendar.next_working_day(day)
    if target == day:
        return ()
    return (*_days_off(calendar, day, target), DutyStep(_("next working day"), target))


def _start(reference):
    return DutyStep(_("reference date"), reference)


def _days_off(calendar, day, target) -> Steps:
    step = ONE_DAY if target > day else -ONE_DAY
    off = (day + step * number for number in range(abs((target - day).days)))
    text = _("not a working day: %(name)s")
    return tuple(DutyStep(text, free, name=calendar.reason_off(free)) for free in off)
