"""Say of an appointment that has begun whether it took place."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from forms.models import Appointment

OUTCOMES = (Appointment.Status.HELD, Appointment.Status.NO_SHOW)


def settle_appointment(appointment: Appointment, *, by, status: str) -> Appointment:
    """Note that it took place, or that the client did not come; either can be put right.

    Raises ValidationError before it has begun, for what was cancelled, and for a client who did
    not come where a record says that they did.
    """
    with transaction.atomic(), acting_as(by):
        row = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if status not in OUTCOMES or row.status == Appointment.Status.CANCELLED:
            raise ValidationError(_("This appointment was cancelled."))
        if row.begins > current_time():
            raise ValidationError(_("This appointment is still to come."))
        if status == Appointment.Status.NO_SHOW and row.counts_as_held():
            raise ValidationError(
                _("This appointment is recorded. If that is wrong, take back the record first.")
            )
        row.status = status
        row.full_clean()
        row.save()
    return row
