"""A person's appointments as other programs read them (RFC 5545), without names.

Each appointment of a series stands for itself, at its own moment in UTC: no program has to know
our rules, and clocks that change move nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event

from forms.models import Appointment

PRODUCT = "-//Fallwerk//Kalender//DE"
DOMAIN = "fallwerk.invalid"
"""Makes identifiers unique, as the standard asks; no host has this name (RFC 2606)."""


def calendar_of(appointments: Iterable[Appointment], *, name: str, at: datetime) -> bytes:
    """Return appointments as an iCalendar file.

    It says when, of what kind and where; where a client lives, and who that is, it never says.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for each in appointments:
        event = Event()
        event.add("uid", f"{each.reference}@{DOMAIN}")
        event.add("dtstamp", at)
        event.add("dtstart", each.begins)
        event.add("dtend", each.ends)
        event.add("summary", str(each.get_kind_display()))
        if place := place_of(each):
            event.add("location", place)
        calendar.add_component(event)
    return calendar.to_ical()


def place_of(appointment: Appointment) -> str:
    """Return where an appointment is, as far as that tells of nobody; empty for a client's home."""
    if appointment.channel != Appointment.Channel.IN_PERSON:
        return str(appointment.where)
    if appointment.location == Appointment.Location.HOME:
        return ""
    return appointment.address or str(appointment.where)
