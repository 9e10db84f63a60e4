"""Deadlines that begin with an event: so many days, weeks or months from a day on.

The day of the event never counts (§ 187 (1) BGB with § 26 SGB X), weeks and months end on the day
that is called like it, a month that has no such day on its last one (§ 188 (2) and (3) BGB). A
deadline that ends on a free day ends on the next working day (§ 26 (3) SGB X). Where the event is
a letter, first comes the day on which it is deemed received, then the deadline (D29).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

from base.content import _
from contracts.dates.duties import DutyStep, Steps, moved_forward
from contracts.dates.working_days import Calendar

Unit = Literal["days", "working_days", "weeks", "months"]

POSTAL_DAYS: tuple[tuple[date, int], ...] = ((date.min, 3), (date(2025, 1, 1), 4))
"""From which day of posting on a letter is deemed received how many days after it (D28).

§ 37 (2) SGB X; four days since the Postrechtsmodernisierungsgesetz.
"""

LATER = {
    "days": (_("one calendar day later"), _("%(count)d calendar days later")),
    "working_days": (_("one working day later"), _("%(count)d working days later")),
    "weeks": (_("one week later"), _("%(count)d weeks later")),
    "months": (_("one month later"), _("%(count)d months later")),
}


@dataclass(frozen=True)
class DeadlineRule:
    """How a deadline follows from the day of its event.

    `by_post` says that the event is the day on which a letter was posted; `moves` that a last day
    which is free gives way to the next working day. Of working days the last one is never free.
    """

    count: int
    unit: Unit = "days"
    by_post: bool = False
    moves: bool = True

    def steps(self, start: date, calendar: Calendar, *, event: str = "") -> Steps:
        """How the deadline follows from the day it starts; the last step is its day.

        `event` is what the first step says: an English message id, "reference date" without one.
        """
        began = DutyStep(event or _("reference date"), start)
        known = _deemed_received(start) if self.by_post else ()
        first = known[-1].day if known else start
        day = self._counted(first, calendar)
        one, more = LATER[self.unit]
        end = DutyStep(one if self.count == 1 else more, day, self.count)
        return (began, *known, end, *(moved_forward(calendar, day) if self.moves else ()))

    def day(self, start: date, calendar: Calendar) -> date:
        """The day on which the deadline ends."""
        return self.steps(start, calendar)[-1].day

    def _counted(self, start: date, calendar: Calendar) -> date:
        if self.unit == "working_days":
            return calendar.add_working_days(start, self.count)
        if self.unit == "months":
            return start + relativedelta(months=self.count)
        return start + timedelta(days=self.count * (7 if self.unit == "weeks" else 1))


def postal_days(posted: date) -> int:
    """After how many days a letter that was posted on this day is deemed received."""
    return next(days for since, days in reversed(POSTAL_DAYS) if since <= posted)


def _deemed_received(posted: date) -> Steps:
    """The day that counts as the one of receipt, be it a working day or not."""
    days = postal_days(posted)
    text = _("posted: deemed received %(count)d days later")
    return (DutyStep(text, posted + timedelta(days=days), days),)
