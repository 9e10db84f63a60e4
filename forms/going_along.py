"""Which planned appointments go along when a case gets somebody else.

Whoever had the case on its side takes part no more from the first day on, and who gets it does
instead: in the own calendar, and in those talks of three that are in the calendar of the other
side, for who comes from here is this side's to say. What is recorded, over or cancelled stays, and
so does what lies behind a day from which on yet somebody else has the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.db.models import Min

from contracts.models import Member
from forms.calendar_grid import moment_of
from forms.conflicts import MOST_TOLD, Conflict, Span, conflicts_of_each
from forms.handing_over import Share, held_by
from forms.models import Appointment, AppointmentMember, Case, Responsible


@dataclass(frozen=True)
class GoingAlong:
    """An appointment's participant, and who takes part instead; `is_there` if they do already."""

    row: AppointmentMember
    to: Member
    is_there: bool

    @property
    def span(self) -> Span:
        """From when to when the appointment is."""
        return self.row.appointment.begins, self.row.appointment.ends


def going_along(
    side: type[Responsible], shares: Sequence[Share], valid_from: date, now: datetime
) -> list[GoingAlong]:
    """Return whose part in which appointments goes to whom with these cases, by time.

    As many queries for many as for one. Ask before the cases are handed over.
    """
    to = {case: seat.member for seat, keys in shares for case in keys}
    held = held_by(side, Case.objects.filter(pk__in=to), valid_from)
    before = {case: person for case, (_team, person) in held.items() if person != to[case].pk}
    later = side.objects.filter(case__in=before, valid_from__gt=valid_from).order_by()
    ends = dict(later.values("case").annotate(first=Min("valid_from")).values_list("case", "first"))
    begins = max(now, moment_of(valid_from))
    planned = Appointment.objects.changeable().filter(case__in=before, begins__gte=begins)
    rows = AppointmentMember.objects.filter(
        appointment__in=planned.order_by().values("pk"), member__in=set(before.values())
    )
    rows = rows.select_related("appointment").order_by("appointment__begins", "pk")
    going = [row for row in rows if _goes(row, before, ends)]
    there = set(
        AppointmentMember.objects.filter(
            appointment__in=[row.appointment_id for row in going],
            member__in={member.pk for member in to.values()},
        ).values_list("appointment", "member")
    )
    receivers = [(row, to[row.appointment.case_id]) for row in going]
    return [
        GoingAlong(row, member, (row.appointment_id, member.pk) in there)
        for row, member in receivers
    ]


def _goes(row: AppointmentMember, before: dict[int, int], ends: dict[int, date]) -> bool:
    case = row.appointment.case_id
    until = ends.get(case)
    return row.member_id == before[case] and (until is None or row.appointment.day < until)


def conflicts_along(going: Sequence[GoingAlong]) -> list[Conflict]:
    """Return who would be in two places at once: with what they have, or get at the same time."""
    spans: dict[int, list[Span]] = {}
    members = {each.to.pk: each.to for each in going}
    for each in going:
        if not each.is_there:
            spans.setdefault(each.to.pk, []).append(each.span)
    own = conflicts_of_each(spans, leaving=[each.row.pk for each in going])
    both = [
        Conflict(members[key], *second)
        for key, found in spans.items()
        for first, second in pairwise(sorted(found))
        if second[0] < first[1]
    ]
    return sorted(own + both, key=lambda each: each.begins)[:MOST_TOLD]
