"""One appointment on one page."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base.facts import Fact
from base.workspace.views import Crumb, DetailPage
from forms.calendar_rights import CHANGE, VIEW, keeps
from forms.invitations import is_to_come
from forms.models import Appointment, ClientIdentity, ServiceRecord
from forms.views.calendar import heading_of, shown_to, week_of
from forms.views.shared import IDENTITY, today


class AppointmentPage(DetailPage):
    """One appointment."""

    model = Appointment
    permission_required = VIEW
    template_name = "forms/appointment.html"
    menu = "appointments"

    def get_queryset(self):
        return super().get_queryset().joined("case__contract", "organisation", "series")

    def get_title(self):
        return heading_of(self.object)

    def crumbs(self):
        return [Crumb(_("Calendar"), week_of(self.object))]

    def get_context_data(self, **kwargs):
        user, row = self.request.user, self.object
        (shown,) = shown_to(user, Appointment.objects.filter(pk=row.pk))
        record = record_of(row)
        recorded = record is not None and record.status == Fact.Status.SUBMITTED
        changes = keeps(user, row, CHANGE)
        begun = row.begins <= timezone.now()
        return super().get_context_data(
            appointment=shown,
            record=record,
            recorded=recorded,
            bookings=[each.resource for each in row.bookings.select_related("resource")],
            can_change=shown.can_move,
            can_settle=changes
            and begun
            and not recorded
            and row.status != Appointment.Status.CANCELLED,
            can_invite=changes and may_invite(user, row),
            record_url="" if record else record_address(user, row),
            sees_note=keeps(user, row),
            tone=shown.tone,
            following=following_of(row),
            **kwargs,
        )


def following_of(appointment: Appointment) -> int:
    """Return how many planned ones come after it in its series."""
    if not appointment.series_id:
        return 0
    rows = appointment.series.appointments.filter(status=Appointment.Status.PLANNED)
    return rows.filter(occurrence__gt=appointment.occurrence).count()


def record_of(appointment: Appointment) -> ServiceRecord | None:
    """Return the service record that was made of an appointment."""
    if appointment.case is None:
        return None
    return ServiceRecord.objects.filter(
        contract=appointment.case.contract_id, reference=appointment.reference
    ).first()


def record_address(user, appointment: Appointment) -> str:
    """Return where the appointment is recorded, filled in; empty where that is not for them."""
    case = appointment.case
    if (
        case is None
        or appointment.status not in (Appointment.Status.PLANNED, Appointment.Status.HELD)
        or appointment.organisation_id != case.contract.provider_id
        or appointment.day > today()
        or not user.has_perm("forms.add_servicerecord", case)
    ):
        return ""
    day = f"day={appointment.day:%Y-%m-%d}"
    return f"{reverse('record-day')}?{day}&appointment={appointment.pk}"


def may_invite(user, appointment: Appointment) -> bool:
    """Whether there is something to invite to, and a client whose name the person may know."""
    case = appointment.case
    return (
        case is not None
        and is_to_come(appointment, timezone.now())
        and user.has_perm(IDENTITY, case)
        and ClientIdentity.objects.filter(client=case.client_id).exists()
    )
