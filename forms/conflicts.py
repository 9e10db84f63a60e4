"""Who would be in two places at once: asked about, not forbidden.

Rooms and vehicles are refused instead, by the model (`forms.models.appointment`).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from contracts.models import Member
from forms.models import Appointment, AppointmentMember

MOST_TOLD = 10
Span = tuple[datetime, datetime]


class Conflict(NamedTuple):
    """A person, and what they have at that time; of it only when, for it may be others' matter."""

    member: Member
    begins: datetime
    ends: datetime


def conflicts_of(
    members: Collection[Member], spans: Iterable[Span], *, without: Collection[int] = ()
) -> list[Conflict]:
    """Return appointments of these people within spans of time, at most as many as one reads.

    `without` are keys of appointments that are being moved. Cancelled ones are in nobody's way.
    """
    spans = list(spans)
    return conflicts_of_each({member.pk: spans for member in members}, without=without)


def conflicts_of_each(
    spans: Mapping[int, Collection[Span]],
    *,
    without: Collection[int] = (),
    leaving: Collection[int] = (),
) -> list[Conflict]:
    """Return appointments of people within spans of time of their own, by keys of members.

    `leaving` are keys of participants who will not be there: who else is in it, stays.
    """
    every = [span for own in spans.values() for span in own]
    if not every:
        return []
    first, last = min(begins for begins, _ends in every), max(ends for _begins, ends in every)
    rows = AppointmentMember.objects.filter(
        member__in=spans, appointment__in=Appointment.objects.standing().between(first, last)
    )
    rows = rows.exclude(appointment__in=without).exclude(pk__in=leaving)
    found = rows.select_related("appointment", "member__user").order_by("appointment__begins", "pk")
    told = []
    for row in found.iterator():
        begins, ends = row.appointment.begins, row.appointment.ends
        if any(start < ends and end > begins for start, end in spans[row.member_id]):
            told.append(Conflict(row.member, begins, ends))
        if len(told) == MOST_TOLD:
            break
    return told
