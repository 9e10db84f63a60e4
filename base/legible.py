"""Plain values as people read them, in the studio, in comparisons and in the trail alike."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from base import formats


def legible(value) -> str:
    """Return a value as people read it: 1.234,5, 31.07.2026, yes; nothing for what is not there.

    Several are listed; moments are told in local time.
    """
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return formats.moment(timezone.localtime(value))
        case date():
            return formats.day(value)
        case Decimal() | int():
            return formats.exact(value)
        case list() | tuple():
            return ", ".join(map(legible, value))
        case dict():
            return "; ".join(f"{key}: {legible(each)}" for key, each in value.items())
    return str(value)
