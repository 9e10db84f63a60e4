"""How deadlines stand on a day: in which words, in which window, and why until then."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from contracts.dates.duties import DutyStep
from forms.models import Deadline
from forms.standards import rule_of, standard_of, standards_of

SUNDAY = 7

WINDOWS: dict[str, str | Promise] = {
    "overdue": gettext_lazy("overdue"),
    "today": gettext_lazy("today"),
    "week": gettext_lazy("this week"),
    "later": gettext_lazy("later"),
    "undated": gettext_lazy("no day yet"),
    "ended": gettext_lazy("done or dropped"),
}
"""When something is due, seen from a day. The week ends on Sunday."""


def in_window(window: str, day: date) -> Q:
    """Return the condition for deadlines that are due then; each stands in one window."""
    sunday = end_of_week(day)
    condition = {
        "overdue": Q(due_on__lt=day),
        "today": Q(due_on=day),
        "week": Q(due_on__gt=day, due_on__lte=sunday),
        "later": Q(due_on__gt=sunday),
        "undated": Q(due_on=None),
    }
    if window == "ended":
        return ~Q(state=Deadline.State.OPEN)
    return Q(state=Deadline.State.OPEN) & condition[window]


OUTCOMES: dict[str, str | Promise] = {
    "kept": gettext_lazy("done in time"),
    "late": gettext_lazy("done late"),
    "missed": gettext_lazy("overdue"),
}
"""How what was due by a day ended. What was dropped has no outcome."""


def with_outcome(outcome: str, day: date) -> Q:
    """Return the condition for deadlines that ended so, seen from a day; each has one at most."""
    done = Q(state=Deadline.State.DONE)
    return {
        "kept": done & Q(ended_on__lte=F("due_on")),
        "late": done & Q(ended_on__gt=F("due_on")),
        "missed": in_window("overdue", day),
    }[outcome]


def end_of_week(day: date) -> date:
    """Return the Sunday of the day's week."""
    return day + timedelta(days=SUNDAY - day.isoweekday())


def counts_of(deadlines: QuerySet, day: date) -> dict[str, int]:
    """Return how many of these deadlines stand in each window; one query."""
    open_ones = [window for window in WINDOWS if window != "ended"]
    counts = {window: Count("pk", filter=in_window(window, day)) for window in open_ones}
    return deadlines.order_by().aggregate(**counts)


@dataclass(frozen=True)
class Standing:
    """How a deadline stands: in a word, with its tone and the icon beside it."""

    word: str
    tone: str
    icon: str = ""


def standing_of(row: Deadline, day: date) -> Standing:
    """Return how a deadline stands on a day."""
    if row.state == Deadline.State.DONE:
        return Standing(_("done late") if row.was_late else _("done"), "success", "success")
    if row.state == Deadline.State.DROPPED:
        return Standing(_("dropped"), "")
    if row.due_on is None:
        if row.started_on is None:
            return Standing(_("waits for the document"), "info", "info")
        return Standing(_("to be agreed on"), "info", "info")
    # Who was given more time is not asked for it before.
    target = None if row.is_extended else row.target_on
    return standing_by_day(row.due_on, target, day)


def standing_by_day(due_on: date, target_on: date | None, day: date) -> Standing:
    """Return how something open stands that is due on a day."""
    if due_on < day:
        return Standing(_("overdue"), "danger", "danger")
    if due_on == day:
        return Standing(_("due today"), "warning", "warning")
    if target_on is not None and target_on <= day:
        return Standing(_("due soon"), "warning", "warning")
    return Standing(_("open"), "")


Told = tuple[date, str]
"""A day, and what it is, for a reader."""


def told(step: DutyStep) -> Told:
    """Return a step on the way to a date in the reader's language."""
    return step.day, _(step.text) % (step.values | {"name": _(step.name) if step.name else ""})


def reasons_of(deadlines: Collection[Deadline]) -> Mapping[int, list[Told]]:
    """Return why each of these deadlines is due on its day, step by step, by key.

    They come with their case and the edition of their standard. As many queries for many as for
    one.
    """
    standards = standards_of({row.case.contract_id for row in deadlines})
    found: dict[int, list[Told]] = {}
    for row in deadlines:
        steps: list[Told] = []
        rule = rule_of(standard_of(row.standard))
        if row.started_on and rule and row.case.contract_id in standards.obliged:
            calendar = standards.calendar(row.case.contract_id, row.started_on)
            event = Deadline.Event(row.starts).label
            first, *rest = rule.steps(row.started_on, calendar)
            steps = [(first.day, str(event)), *map(told, rest)]
        elif row.started_on:
            steps = [(row.started_on, str(Deadline.Event(row.starts).label))]
        if row.extended_to and row.due_on == row.extended_to:
            # Why it was, only its history says: `reason` is of the last decision, whatever it was.
            steps.append((row.extended_to, _("extended") if row.ruled_on else _("agreed on")))
        found[row.pk] = steps
    return found


def ending_of(row: Deadline) -> str:
    """Return what ended a deadline, in words; empty for one that is open."""
    if not row.ending:
        return ""
    what = row.form or row.get_ending_display()
    return f"{what}, {german(row.ended_on)}" if row.ended_on else str(what)
