"""On which days a series of appointments is, and when that is on the clock.

Days come from the rules of RFC 5545 (`dateutil.rrule`); a time stays what it is on the wall in
Berlin when clocks change.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MOST_OCCURRENCES = 200
DAYS_OF_A_WEEK, MONTHS_OF_A_YEAR = 7, 12
LAST_WEEK = 5
"""A month has a fifth Tuesday now and then; a series on it means the last one."""


class Frequency(models.TextChoices):
    """What a series counts in."""

    WEEKLY = "weekly", _("weeks")
    MONTHLY = "monthly", _("months")


def days_of(frequency: str, interval: int, first: date) -> Iterator[date]:
    """Yield the days of a series from its first one on, without end.

    Every so many weeks on the same day of the week; every so many months on the same one of the
    month: the second Tuesday, or the last where the first day is a fifth one.
    """
    begins = datetime.combine(first, time())
    if frequency == Frequency.WEEKLY:
        rule = rrule(WEEKLY, interval=interval, dtstart=begins)
    else:
        which = (first.day - 1) // 7 + 1
        on = weekday(first.weekday())(-1 if which == LAST_WEEK else which)
        rule = rrule(MONTHLY, interval=interval, dtstart=begins, byweekday=on)
    for found in rule:
        yield found.date()


def place_of(frequency: str, interval: int, first: date, day: date) -> int:
    """Return at which place of a series a day is, from its first one on; left-out ones count."""
    if frequency == Frequency.WEEKLY:
        return (day - first).days // (DAYS_OF_A_WEEK * interval)
    return ((day.year - first.year) * MONTHS_OF_A_YEAR + day.month - first.month) // interval


def days_until(frequency: str, interval: int, first: date, until: date) -> list[date]:
    """Return the days of a series up to a last day; at most one more than there may be."""
    found = islice(days_of(frequency, interval, first), MOST_OCCURRENCES + 1)
    return [day for day in found if day <= until]


def on_the_clock(day: date, at: time) -> datetime:
    """Return the moment at which clocks in Berlin show a time on a day."""
    return timezone.make_aware(datetime.combine(day, at))
