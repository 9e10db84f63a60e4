"""Somebody takes part in planned appointments instead of who had their cases before."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from base.acting import acting_as, current_time
from base.history import change_tracked
from forms.going_along import going_along
from forms.handing_over import Share
from forms.models import Appointment, AppointmentMember, Responsible


def take_over_appointments(
    *, by, side: type[Responsible], shares: Sequence[Share], valid_from: date
) -> int:
    """Let who gets cases from a day on take part in what is planned in them; return in how many.

    Before the cases change hands, and set-based: see `going_along`.
    """
    with transaction.atomic(), acting_as(by):
        keys = [case for _seat, cases in shares for case in cases]
        # Whoever cancels or changes one of them at this moment is waited for.
        planned = Appointment.objects.select_for_update(of=("self",)).changeable()
        list(planned.filter(case__in=keys, begins__gte=current_time()).only("pk").order_by("pk"))
        going = going_along(side, shares, valid_from, current_time())
        for each in going:
            if each.is_there:
                each.row.delete()
            else:
                each.row.member = each.to
        changed = [each.row for each in going if not each.is_there]
        change_tracked(AppointmentMember, changed, ["member"])
    return len(going)
