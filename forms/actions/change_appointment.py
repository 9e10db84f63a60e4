"""Change an appointment: it alone, or with those of its series that follow."""

from collections.abc import Collection
from datetime import date, datetime, time
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from contracts.models import Member
from forms.actions.plan_appointment import set_bookings, set_participants
from forms.models import Appointment, AppointmentSeries, Resource
from forms.series import days_of, on_the_clock, place_of

Span = tuple[datetime, datetime]
"""From when to when an appointment is."""


def change_appointment(
    appointment: Appointment,
    *,
    by,
    following: bool = False,
    begins: datetime | None = None,
    ends: datetime | None = None,
    members: Collection[Member] | None = None,
    resources: Collection[Resource] | None = None,
    **what,
) -> Appointment:
    """Change a planned appointment; what is not given stays as it is.

    With `following`, those of its series that come after it change likewise: given times, they
    follow the rule from the new day on, at the new time; without, each stays at its own. Who was
    moved alone before stays where they are. Raises ValidationError for what is not planned any
    more or was recorded, and as planning does.
    """
    with transaction.atomic(), acting_as(by):
        current = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        rows = _meant(Appointment.objects.select_for_update(of=("self",)), current, following)
        spans = _spans(rows, begins, ends)
        if current.pk not in spans:
            raise ValidationError(_("Only what is planned and not recorded yet can be changed."))
        if following and current.series_id and not (begins is None and ends is None):
            _continue_by_rule(rows, *spans[current.pk])
        changed = [_changed(row, spans[row.pk], what) for row in rows if row.pk in spans]
        # Booked anew when all have left their old times, or one would be in another's way.
        for each in changed:
            each.full_clean()
            each.save()
        for each in changed:
            of_it = {row.member for row in each.participants.select_related("member")}
            set_participants(each, of_it if members is None else members, by=by)
            booked = {row.resource for row in each.bookings.select_related("resource")}
            set_bookings(each, booked if resources is None else resources, by=by)
    return changed[0]


def plan_change(
    appointment: Appointment,
    *,
    following: bool = False,
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> dict[int, Span]:
    """Return when each would be that such a change is about, by their keys; nothing is stored."""
    return _spans(_meant(Appointment.objects.all(), appointment, following), begins, ends)


def _meant(rows, appointment: Appointment, following: bool) -> list[Appointment]:
    """Return an appointment, and where they are meant, those of its series that follow it.

    Whatever became of them: recorded and cancelled ones keep their days in the series.
    """
    if not (following and appointment.series_id):
        return [appointment]
    rows = rows.filter(series=appointment.series_id, occurrence__gte=appointment.occurrence)
    return list(rows.order_by("occurrence"))


def _spans(
    rows: list[Appointment], begins: datetime | None, ends: datetime | None
) -> dict[int, Span]:
    """Return from when to when those of these will be that can be changed, by their keys."""
    changeable = Appointment.objects.changeable_keys(rows)
    found = {row.pk: (row.begins, row.ends) for row in rows}
    if begins is not None or ends is not None:
        current, *later = rows
        begins, ends = begins or current.begins, ends or current.ends
        found[current.pk] = begins, ends
        if later:
            days = _days_by_rule(rows, timezone.localdate(begins))[1:]
            at, until = _time(begins), _time(ends)
            for row, day in zip(later, days, strict=True):
                if _clock(row) == _ruled(row, current.series):  # no one has moved it alone
                    found[row.pk] = on_the_clock(day, at), on_the_clock(day, until)
    return {key: span for key, span in found.items() if key in changeable}


def _changed(row: Appointment, span: Span, what: dict) -> Appointment:
    row.begins, row.ends = span
    for name, value in what.items():
        setattr(row, name, value)
    return row


def _days_by_rule(rows: list[Appointment], first: date) -> list[date]:
    """Return on which days these of a series are from a new one on.

    On the day they have, only the time is new: the last Friday of a month stays that, whether it
    is the fourth or the fifth. Where the series leaves a day out, it stays so. One out of a file
    may have two where its rule has one: its days then follow one another.
    """
    current = rows[0]
    if first == current.occurrence:
        return [row.occurrence for row in rows]
    series = current.series
    places = [
        place_of(series.frequency, series.interval, current.occurrence, row.occurrence)
        for row in rows
    ]
    if len(set(places)) < len(places):
        places = list(range(len(rows)))
    days = list(islice(days_of(series.frequency, series.interval, first), places[-1] + 1))
    return [days[place] for place in places]


def _continue_by_rule(rows: list[Appointment], begins: datetime, ends: datetime) -> None:
    """Let the rule of these go on from a new day and time.

    What came before keeps the old rule, these belong to a new one.
    """
    current = rows[0]
    first = timezone.localdate(begins)
    days = _days_by_rule(rows, first)
    new = _new_rule(current.series, current.occurrence, first, days[-1], _time(begins), _time(ends))
    # One takes the day of the next: from the end on those that move ahead, then those that go back.
    pairs = list(zip(rows, days, strict=True))
    ahead = [(row, day) for row, day in pairs if day > row.occurrence]
    back = [(row, day) for row, day in pairs if day <= row.occurrence]
    for row, day in (*reversed(ahead), *back):
        row.series, row.occurrence = new, day
        row.save()


def _new_rule(
    series: AppointmentSeries, day: date, first: date, last: date, begins: time, ends: time
) -> AppointmentSeries:
    """Return the rule for what follows a day of the series: itself where nothing came before."""
    before = series.appointments.filter(occurrence__lt=day).order_by("-occurrence").first()
    new = series
    if before is not None:
        series.until = before.occurrence
        series.save()
        new = AppointmentSeries(
            organisation=series.organisation,
            frequency=series.frequency,
            interval=series.interval,
        )
    new.first, new.until, new.begins, new.ends = first, last, begins, ends
    new.full_clean()
    new.save()
    return new


def _time(moment: datetime) -> time:
    return timezone.localtime(moment).time()


def _clock(row: Appointment) -> tuple[date, time, time]:
    return row.day, _time(row.begins), _time(row.ends)


def _ruled(row: Appointment, series: AppointmentSeries) -> tuple[date, time, time]:
    return row.occurrence, series.begins, series.ends
