"""Where appointments stand in a week's grid: in quarters of an hour, side by side where they meet.

A day is as many columns wide as can be shared by two, three, four or six.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from forms.models import Appointment

COLUMNS = 12
SHARES = (1, 2, 3, 4, 6, COLUMNS)
QUARTER = 15  # minutes
SHORTEST = 2  # quarters: less could not be read
FIRST_HOUR, LAST_HOUR = 8, 18
"""What a week shows at least; earlier and later appointments make it longer."""


@dataclass(frozen=True)
class Placed:
    """An appointment in its day: `row` counts from 1, `column` from 1 of COLUMNS."""

    appointment: Appointment
    row: int
    rows: int
    column: int
    columns: int


def monday_of(day: date) -> date:
    """Return the Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def moment_of(day: date) -> datetime:
    """Return the moment at which a day begins in Berlin."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def hours_shown(appointments: Iterable[Appointment]) -> range:
    """Return the hours a grid needs for these."""
    first, last = FIRST_HOUR, LAST_HOUR
    for each in appointments:
        ends = timezone.localtime(each.ends)
        first = min(first, timezone.localtime(each.begins).hour)
        last = max(last, ends.hour + bool(ends.minute))
    return range(first, last)


def placed(appointments: Sequence[Appointment], first_hour: int) -> list[Placed]:
    """Return the places of one day's appointments, which come ordered by their beginning."""
    found: list[Placed] = []
    group: list[tuple[Appointment, int, int, int]] = []
    lanes: list[int] = []
    for each in appointments:
        begins = timezone.localtime(each.begins)
        row = ((begins.hour - first_hour) * 60 + begins.minute) // QUARTER + 1
        rows = max(SHORTEST, -(-(each.minutes + begins.minute % QUARTER) // QUARTER))
        if lanes and row >= max(lanes):
            found += _shared(group, len(lanes))
            group, lanes = [], []
        lane = next((lane for lane, free in enumerate(lanes) if free <= row), len(lanes))
        lanes[lane : lane + 1] = [row + rows]
        group.append((each, row, rows, lane))
    return found + _shared(group, len(lanes))


def _shared(group: list[tuple[Appointment, int, int, int]], lanes: int) -> list[Placed]:
    """Give each lane of a group the same width; more than fit stand on top of each other."""
    share = next((share for share in SHARES if share >= lanes), COLUMNS)
    wide = COLUMNS // share
    return [
        Placed(each, row, rows, min(lane, share - 1) * wide + 1, wide)
        for each, row, rows, lane in group
    ]
