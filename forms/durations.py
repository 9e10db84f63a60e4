"""Lengths of time as people type them: 90, 1:30, 1,5 h, 9:00–10:30."""

import re
from datetime import time

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = 24 * 60  # minutes

_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|bis)\s*(\d{1,2})(?:[:.](\d{2}))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?:\s*h)?")
_HOURS = re.compile(r"(\d{1,2})(?:[.,](\d{1,2}))?\s*(?:h|std\.?)", re.IGNORECASE)
_MINUTES = re.compile(r"(\d{1,4})\s*(?:min\.?|')?", re.IGNORECASE)


def parse_minutes(text: str) -> int:
    """Return whole minutes; of a stretch from–to its length.

    Raises ValidationError for anything else, for more than a day, and for a stretch that ends
    before it begins: what was done past midnight belongs to the next day.
    """
    text = text.strip()
    for pattern, read in ((_SPAN, _of_span), (_CLOCK, _of_clock), (_HOURS, _of_hours)):
        if found := pattern.fullmatch(text):
            return _checked(read(*found.groups()))
    if found := _MINUTES.fullmatch(text):
        return _checked(int(found[1]))
    raise _refusal()


def _of_span(hour, minute, until_hour, until_minute) -> int:
    start = _moment(hour, minute)
    end = _moment(until_hour, until_minute) or LONGEST
    if end <= start:
        raise ValidationError(
            _("This ends before it begins. What was done after midnight belongs to the next day.")
        )
    return end - start


def parse_span(text: str) -> tuple[time, time] | None:
    """Return from when to when, where that was typed and ends before midnight; None otherwise."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        return None
    hour, minute, until_hour, until_minute = (int(part or 0) for part in found.groups())
    if (until_hour or until_minute) and until_hour < 24 and max(minute, until_minute) < 60:
        return time(hour, minute), time(until_hour, until_minute)
    return None


def _of_clock(hours, minutes) -> int:
    if int(minutes) > 59:
        raise _refusal()
    return int(hours) * 60 + int(minutes)


def _of_hours(whole, part) -> int:
    hundredths = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    if hundredths * 60 % 100:
        raise ValidationError(_("That is no whole number of minutes."))
    return hundredths * 60 // 100


def _moment(hour, minute) -> int:
    found = int(hour) * 60 + int(minute or 0)
    if found > LONGEST or int(minute or 0) > 59:
        raise _refusal()
    return found


def _checked(minutes: int) -> int:
    if minutes > LONGEST:
        raise ValidationError(_("A day has no more than 1440 minutes."))
    return minutes


def _refusal() -> ValidationError:
    return ValidationError(_("Minutes are needed: 90, 1:30, 1,5 h or 9:00–10:30."))
