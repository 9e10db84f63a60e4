"""Put appointments into a calendar: one, or all of a series."""

from collections.abc import Collection
from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Member, Organisation
from forms.models import (
    Appointment,
    AppointmentMember,
    AppointmentResource,
    AppointmentSeries,
    Resource,
)
from forms.series import MOST_OCCURRENCES, days_until, on_the_clock


def plan_appointment(
    *,
    by,
    organisation: Organisation,
    begins: datetime,
    ends: datetime,
    members: Collection[Member],
    resources: Collection[Resource] = (),
    **what,
) -> Appointment:
    """Plan an appointment in the calendar of an organisation.

    `what` are further columns: case, kind, place and so on. Whether its people have time is for
    whoever plans to ask (`forms.conflicts`). Raises ValidationError without participants, for
    people and rooms of others, for a room that is booked, and for what the rules refuse.
    """
    with transaction.atomic(), acting_as(by):
        appointment = Appointment(organisation=organisation, begins=begins, ends=ends, **what)
        appointment.full_clean()
        appointment.save()
        set_participants(appointment, members, by=by)
        set_bookings(appointment, resources, by=by)
    return appointment


def plan_series(
    *,
    by,
    organisation: Organisation,
    first: date,
    until: date,
    begins: time,
    ends: time,
    frequency: str,
    interval: int,
    members: Collection[Member],
    resources: Collection[Resource] = (),
    without: Collection[date] = (),
    **what,
) -> list[Appointment]:
    """Plan all appointments of a series; times are those on the wall in Berlin.

    `without` are days that are left out, holidays for example. Raises ValidationError for a series
    too long, one that has no day, and as `plan_appointment` does: all or none.
    """
    with transaction.atomic(), acting_as(by):
        series = AppointmentSeries(
            organisation=organisation,
            frequency=frequency,
            interval=interval,
            first=first,
            until=until,
            begins=begins,
            ends=ends,
        )
        series.full_clean()
        days = days_until(frequency, interval, first, until)
        if len(days) > MOST_OCCURRENCES:
            told = _("A series has at most %(most)s appointments: please choose an earlier end.")
            params = {"most": MOST_OCCURRENCES}
            raise ValidationError({"until": ValidationError(told, params=params)})
        days = [day for day in days if day not in without]
        if not days:
            raise ValidationError({"until": _("No day is left: all of them are holidays.")})
        series.save()
        return [
            plan_appointment(
                organisation=organisation,
                begins=on_the_clock(day, begins),
                ends=on_the_clock(day, ends),
                members=members,
                resources=resources,
                series=series,
                occurrence=day,
                **what,
                by=by,
            )
            for day in days
        ]


def set_participants(appointment: Appointment, members: Collection[Member], *, by) -> None:
    """Make these the people who take part. Raises ValidationError without any, and for others."""
    if not members:
        raise ValidationError({"members": _("Who takes part? At least one person is needed.")})
    with acting_as(by):
        _replace(appointment, AppointmentMember, "member", members, at="members")


def set_bookings(appointment: Appointment, resources: Collection[Resource], *, by) -> None:
    """Book these for the appointment, and no others, at the time it has now.

    Raises ValidationError for what is booked already.
    """
    Resource.objects.filter(pk__in=[resource.pk for resource in resources]).lock()
    with acting_as(by):
        _replace(appointment, AppointmentResource, "resource", resources, at="resources")


def _replace(appointment: Appointment, model, column: str, wanted: Collection, *, at: str) -> None:
    """Store a row for each of these, take others away, and ask the rules of those that stay."""
    keys = {each.pk: each for each in wanted}
    stored = model.objects.filter(appointment=appointment).select_related(column)
    try:
        for row in stored:
            row.appointment = appointment
            if keys.pop(getattr(row, f"{column}_id"), None) is None:
                row.delete()
            else:
                row.full_clean()
        for each in keys.values():
            row = model(appointment=appointment, **{column: each})
            row.full_clean()
            row.save()
    except ValidationError as error:
        raise ValidationError({at: error.messages}) from error
