"""Where a contract stands on a day: in force or not, until when, by when notice can be given."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from contracts.dates.obligations import Obligations
from contracts.dates.term import current_end, last_day_for_notice

IN_FORCE, AHEAD, ENDED = "in_force", "ahead", "ended"
STATES = {
    IN_FORCE: gettext_lazy("in force"),
    AHEAD: gettext_lazy("not yet in force"),
    ENDED: gettext_lazy("ended"),
}
TONES = {IN_FORCE: "success", AHEAD: "info", ENDED: ""}


def state_of(obliged: Obligations, day: date) -> str:
    """Return whether a contract is in force on a day, will be, or has ended."""
    if obliged.last is not None and obliged.last < day:
        return ENDED
    return AHEAD if obliged.first > day else IN_FORCE


def term_text(obliged: Obligations, day: date) -> str:
    """Return until when a contract runs, as it stands on a day, and what then happens."""
    if obliged.last is not None:
        return german(obliged.last)
    end = current_end(obliged.on(day).lasting, day)
    if end is None:
        return _("open-ended")
    return _("%(day)s, then renewed") % {"day": german(end)}


def next_notice(obliged: Obligations, day: date) -> tuple[date, date] | None:
    """Return the next last day for notice and the end it would bring; None where none is left.

    A contract that is not renewed, or has ended or been given notice of, has none; nor has an
    open-ended one, of which notice may be given on any day.
    """
    if obliged.last is not None:
        return None
    term = obliged.on(day).lasting
    end = current_end(term, day)
    return None if end is None else (last_day_for_notice(term, end), end)
