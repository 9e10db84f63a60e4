"""Who is invited by a letter: to which appointments, one at a time or all that filters leave.

One appointment is invited to by who may change it and know the client's name. Several at once go,
like other letters (`forms.letters`), to clients of whom one knows the address as well: those of
one's own appointments, or of cases that one is responsible for.
"""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from contracts.reach import Membership
from contracts.standing_in import stood_in_for_by
from forms.letters import (
    Addressed,
    LeftOut,
    own_to_write_to,
    to_write_to,
    told_apart,
    why_not_written_to,
)
from forms.models import Appointment, AppointmentMember
from forms.models.appointment import AppointmentQuerySet


def is_to_come(appointment: Appointment, now: datetime) -> bool:
    """Whether there is something to invite to."""
    return appointment.status == Appointment.Status.PLANNED and appointment.begins > now


def to_come(rows: AppointmentQuerySet, now: datetime) -> AppointmentQuerySet:
    """Return those of the appointments to which there is something to invite."""
    return rows.filter(status=Appointment.Status.PLANNED, begins__gt=now)


def to_invite_to(user, membership: Membership) -> AppointmentQuerySet:
    """Return the appointments with clients in the calendar of the membership's organisation."""
    cases = to_write_to(user, membership).order_by().values("pk")
    rows = Appointment.objects.visible_to(user)
    return rows.filter(organisation=membership.organisation, case__in=cases)


def own(rows: AppointmentQuerySet, user, membership: Membership, day: date) -> AppointmentQuerySet:
    """Return those of the appointments in which the person takes part, or has charge of the case.

    Whoever stands in for somebody counts as them.
    """
    people = {membership.member, *stood_in_for_by(membership, user, day)}
    taking_part = AppointmentMember.objects.filter(appointment=OuterRef("pk"), member__in=people)
    cases = own_to_write_to(user, membership, day).order_by().values("pk")
    return rows.filter(Q(Exists(taking_part)) | Q(case__in=cases))


def invited(appointments: AppointmentQuerySet, now: datetime) -> Addressed[Appointment]:
    """Return to which of the appointments a client is invited, the first one first."""
    rows = appointments.order_by("begins", "case__number", "pk").joined(
        "case__client__identity", "case__client__contact", "case__contract__commissioning_body"
    )
    rows = rows.select_related("organisation").prefetch_related("participants__member__user")
    return told_apart(rows, lambda row: _why_not(row, now))


def _why_not(appointment: Appointment, now: datetime) -> LeftOut | None:
    if appointment.status == Appointment.Status.CANCELLED:
        return LeftOut.CANCELLED
    if not is_to_come(appointment, now):
        return LeftOut.BEGUN
    return why_not_written_to(appointment.case.client)
