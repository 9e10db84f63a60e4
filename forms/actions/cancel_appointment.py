"""Cancel an appointment, or all that follow it in its series."""

from collections.abc import Iterable
from datetime import date, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from forms.models import Appointment, Case
from forms.series import on_the_clock


def cancel_appointment(
    appointment: Appointment, *, by, reason: str, following: bool = False
) -> int:
    """Cancel a planned appointment with a reason; return how many were cancelled.

    It stays in the calendar and books nothing any more. Raises ValidationError without a reason,
    and for what is not planned any more or was recorded.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Why is the appointment cancelled?")})
    with transaction.atomic(), acting_as(by):
        rows = Appointment.objects.select_for_update(of=("self",)).changeable()
        if following and appointment.series_id:
            rows = rows.filter(series=appointment.series_id, occurrence__gte=appointment.occurrence)
        else:
            rows = rows.filter(pk=appointment.pk)
        cancelled = list(rows.order_by("begins"))
        if not cancelled:
            raise ValidationError(_("Only what is planned and not recorded yet can be cancelled."))
        _cancel(cancelled, reason)
    return len(cancelled)


def cancel_appointments_of(case: Case, after: date, *, by) -> int:
    """Cancel what is planned in a case after the day on which it is closed; return how many."""
    with transaction.atomic(), acting_as(by):
        rows = Appointment.objects.select_for_update(of=("self",)).filter(
            case=case,
            status=Appointment.Status.PLANNED,
            begins__gte=on_the_clock(after + timedelta(days=1), time()),
        )
        cancelled = list(rows.order_by("begins", "pk"))
        _cancel(cancelled, _("The case is closed."))
    return len(cancelled)


def _cancel(rows: Iterable[Appointment], reason) -> None:
    for row in rows:
        row.status, row.reason = Appointment.Status.CANCELLED, str(reason)
        row.full_clean()
        row.save()
