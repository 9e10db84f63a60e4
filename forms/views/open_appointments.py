"""Appointments that are over and have no service record yet."""

import django_filters
import django_tables2 as tables
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.tables import MomentColumn, Table
from base.workspace.views import Crumb, ListPage
from forms.calendar_rights import VIEW
from forms.models import Appointment, AppointmentMember
from forms.views.shared import own_member_keys

RECORD = "forms.add_servicerecord"


def open_appointments(user):
    """Return the person's own appointments that are over and not recorded yet.

    What a worklist counts: nobody is reminded of what was recorded, cancelled, or in vain.
    """
    return without_record(user).filter(_with(own_member_keys(user)))


def without_record(user):
    """Return appointments that are over and not recorded yet, of all that the person may record."""
    return Appointment.objects.visible_to(user, VIEW, RECORD).without_record(timezone.now())


def _with(members):
    return Exists(AppointmentMember.objects.filter(appointment=OuterRef("pk"), member__in=members))


class OpenAppointmentTable(Table):
    """Appointments to be recorded, the oldest first."""

    begins = MomentColumn(
        verbose_name=gettext_lazy("When"), linkify=("appointment", {"pk": tables.A("pk")})
    )
    case = tables.Column(
        gettext_lazy("Case"), linkify=("case", {"pk": tables.A("case_id")}), order_by="case__number"
    )
    kind = tables.Column(gettext_lazy("Kind"))
    people = tables.Column(gettext_lazy("Who took part"), orderable=False, empty_values=())
    record = tables.Column(gettext_lazy("Service record"), orderable=False, empty_values=())

    class Meta(Table.Meta):
        model = Appointment
        fields = ()

    def value_people(self, record):
        """The names of those who took part, on either side."""
        return ", ".join(each.member.user.display_name for each in record.participants.all())

    render_people = value_people

    def render_record(self, record):
        """The way to the form that is filled in."""
        url = f"{reverse('record-day')}?day={record.day:%Y-%m-%d}&appointment={record.pk}"
        return format_html(
            '<a class="kern-link" href="{}">{}<span class="kern-sr-only"> {}</span></a>',
            url,
            _("Record now"),
            record,
        )

    def value_record(self):
        """Nothing in files."""
        return ""


class OpenAppointmentFilter(django_filters.FilterSet):
    """What the list can be narrowed by."""

    whose = django_filters.ChoiceFilter(
        label=gettext_lazy("Whose"),
        choices=[("own", gettext_lazy("my own"))],
        empty_label=gettext_lazy("all"),
        method="of_whom",
    )

    class Meta:
        model = Appointment
        fields = ()

    def of_whom(self, rows, _name, _value):
        """Leave those in which the person took part."""
        return rows.filter(_with(own_member_keys(self.request.user)))


class OpenAppointments(ListPage):
    """Appointments that are over, without a service record."""

    model = Appointment
    table_class = OpenAppointmentTable
    filterset_class = OpenAppointmentFilter
    permission_required = RECORD
    title = gettext_lazy("Appointments without a record")
    menu = "appointments"
    empty_text = gettext_lazy("Every appointment that is over is recorded.")

    def crumbs(self):
        return [Crumb(_("Calendar"), reverse("appointments"))]

    def get_queryset(self):
        rows = without_record(self.request.user).joined("case")
        return rows.prefetch_related("participants__member__user").order_by("begins", "pk")
