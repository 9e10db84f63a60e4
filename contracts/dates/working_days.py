"""Working days: Monday to Friday without the public holidays of a federal state.

A contract names its state, because the month-end of one duty can fall on different days in two
states, and the kind of place, because some holidays are kept in some municipalities of a state
only (Mariä Himmelfahrt, Fronleichnam, the Augsburg peace festival). Single days can be added and
taken away (a Saturday on which the office works), so that no agreement needs code of its own.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from base.content import Refusal, _, listed

STATES: dict[str, str] = {
    "BB": "Brandenburg",
    "BE": "Berlin",
    "BW": "Baden-Württemberg",
    "BY": "Bayern",
    "HB": "Bremen",
    "HE": "Hessen",
    "HH": "Hamburg",
    "MV": "Mecklenburg-Vorpommern",
    "NI": "Niedersachsen",
    "NW": "Nordrhein-Westfalen",
    "RP": "Rheinland-Pfalz",
    "SH": "Schleswig-Holstein",
    "SL": "Saarland",
    "SN": "Sachsen",
    "ST": "Sachsen-Anhalt",
    "TH": "Thüringen",
}

LocalHolidays = Literal["none", "catholic", "augsburg"]
KEPT_IN: dict[LocalHolidays, tuple[str, ...]] = {
    "none": tuple(STATES),
    "catholic": ("BY", "SN", "TH"),
    "augsburg": ("BY",),
}
"""In which states there are places that keep holidays which the state as a whole does not."""

ONE_DAY = timedelta(days=1)
WEEKEND = {5: "Saturday", 6: "Sunday"}
"""Days of the week on which nobody works, as `date.weekday` counts them."""


@dataclass(frozen=True)
class Calendar:
    """The working days of a place in a federal state, plus and minus configured days.

    `local_holidays` says which holidays the place keeps every year that its state does not:
    those of mostly Catholic municipalities, or those of the city of Augsburg. `working_days` are
    worked although they would otherwise be free; `extra_holidays` are free in addition. Raises
    Refusal for an unknown state, for local holidays that no place of the state has, and for a day
    that is named in both sets.
    """

    state: str
    extra_holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    christmas_eve_off: bool = False
    new_years_eve_off: bool = False
    local_holidays: LocalHolidays = "none"

    def __post_init__(self):
        if self.state not in STATES:
            template = _("state %(value)s is unknown; allowed: %(allowed)s")
            raise Refusal(template, value=self.state, allowed=listed(STATES))
        if self.state not in KEPT_IN.get(self.local_holidays, ()):
            template = _("local holidays %(value)s: no place in state %(state)s has them")
            raise Refusal(template, value=self.local_holidays, state=self.state)
        if both := self.extra_holidays & self.working_days:
            template = _("both holiday and working day: %(days)s")
            raise Refusal(template, days=listed(sorted(both)))

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on this day."""
        return self.reason_off(day) is None

    def reason_off(self, day: date) -> str | None:
        """Why nobody works on this day, or None on a working day.

        Public holidays carry their German name, everything else an English message id.
        Raises Refusal for a year whose holidays are not known.
        """
        if day in self.working_days:
            return None
        if name := _public_holidays(self.state, day.year, self.local_holidays).get(day):
            return name
        if day in self.extra_holidays:
            return _("additional holiday")
        if self.christmas_eve_off and (day.month, day.day) == (12, 24):
            return _("Christmas Eve")
        if self.new_years_eve_off and (day.month, day.day) == (12, 31):
            return _("New Year's Eve")
        return WEEKEND.get(day.weekday())

    def holiday(self, day: date) -> str | None:
        """Which holiday the day is; None on a working day, and where it is only the week's end.

        Named as `reason_off` names it. Raises Refusal for a year whose holidays are not known.
        """
        reason = self.reason_off(day)
        return None if reason == WEEKEND.get(day.weekday()) else reason

    def next_working_day(self, day: date) -> date:
        """The day itself if it is a working day, otherwise the first one after it."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def previous_working_day(self, day: date) -> date:
        """The day itself if it is a working day, otherwise the last one before it."""
        while not self.is_working_day(day):
            day -= ONE_DAY
        return day

    def last_working_day_of_month(self, day: date) -> date:
        """The last working day of the month in which `day` lies, counted backwards.

        Raises Refusal if configured holidays leave the month without any working day.
        """
        found = self.previous_working_day(last_day_of_month(day))
        if found.month != day.month:
            raise Refusal(_("no working day in %(month)s"), month=f"{day:%Y-%m}")
        return found

    def add_working_days(self, day: date, count: int) -> date:
        """The working day `count` working days after `day`; the day itself is never counted.

        With 0 it is the day itself, moved forward to a working day.
        Raises Refusal for a negative count.
        """
        if count < 0:
            raise Refusal(_("working days are counted forward only"))
        day = self.next_working_day(day) if count == 0 else day
        for _step in range(count):
            day = self.next_working_day(day + ONE_DAY)
        return day


def is_free_everywhere(day: date) -> bool:
    """Whether nobody works on this day in any state, by its public holidays."""
    return not any(Calendar(state).is_working_day(day) for state in STATES)


def last_day_of_month(day: date) -> date:
    """The last calendar day of the month in which `day` lies."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


@cache
def _public_holidays(state: str, year: int, local: LocalHolidays) -> Mapping[date, str]:
    # One complete dictionary per year: the library fills a shared object while it is being asked,
    # and a second thread would see a year that is announced but still empty.
    found = _of_library(year, subdiv=state)
    if local == "catholic":
        found |= _of_library(year, subdiv=state, categories=("catholic",))
    elif local == "augsburg":
        found |= _of_library(year, subdiv="Augsburg")
    if not found:
        raise Refusal(_("the public holidays of %(year)s are not known"), year=year)
    return found


def _of_library(year: int, **place) -> dict[date, str]:
    import holidays  # all countries of the world: only for who asks

    return dict(holidays.Germany(years=year, expand=False, language="de", **place))
