"""Letters that invite clients: to one appointment, or to all that filters leave, as one file."""

from datetime import date, timedelta

import django_filters
from django import forms
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from base.documents import DOCX, TYPES, DocumentError, PdfError
from base.models import Event
from base.trail.events import record
from base.views.stored_file import say_no_pdf, say_unmade
from base.workspace.fields import DayInput
from base.workspace.file_openings import why_read
from base.workspace.filters import DayFilter
from base.workspace.views import Crumb
from forms.calendar_grid import moment_of
from forms.documents.invitation import invitation_name, invitations_name, make_invitations
from forms.invitations import invited, own, to_come, to_invite_to
from forms.models import Appointment
from forms.views.appointment import may_invite
from forms.views.appointment_changes import OneAppointment
from forms.views.calendar import (
    PERSON,
    TEAM,
    people_of_calendars,
    taken_part_in_by,
    teams_of_calendars,
)
from forms.views.making_letters import MakesSeveralLetters
from forms.views.shared import today


class Invitation(OneAppointment, PermissionRequiredMixin, View):
    """The letter as .docx or PDF; for who may know the client's name. The download is recorded."""

    raise_exception = True
    http_method_names = ["get"]
    suffix = DOCX

    def get_queryset(self):
        rows = super().get_queryset().filter(case__isnull=False)
        return rows.joined("case__client__identity", "case__contract__commissioning_body")

    def get(self, request, *args, **kwargs):
        appointment = self.target
        if not may_invite(request.user, appointment):
            raise Http404
        name = invitation_name(appointment, self.suffix)
        try:
            content = make_invitations(
                [appointment],
                sender=appointment.organisation,
                by=request.user,
                suffix=self.suffix,
            )
        except PdfError as error:
            docx = reverse("appointment-invitation", args=[appointment.pk])
            return say_no_pdf(request, error, docx=docx)
        except DocumentError as error:
            return say_unmade(request, name, error)
        record(Event.Kind.DOWNLOAD, title=name, about=appointment, detail=why_read(request))
        headers = {
            "Content-Disposition": content_disposition_header(True, name),
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(content, content_type=TYPES[self.suffix], headers=headers)


A_WEEK, MOST_DAYS = 7, 92


class PeriodForm(forms.Form):
    """Filters with a first and a last day."""

    def clean(self):
        data = super().clean()
        first, last = period_of(data)
        if last < first:
            self.add_error("day_until", _("This ends before it begins."))
        elif last - first >= timedelta(days=MOST_DAYS):
            told = _("Please choose at most %(most)s days.")
            self.add_error("day_until", forms.ValidationError(told, params={"most": MOST_DAYS}))
        return data


def period_of(data: dict) -> tuple[date, date]:
    """Return the first and last day chosen; seven days from today on unless they are."""
    first, last = data.get("day_from"), data.get("day_until")
    first = first or min(today(), last or today())
    return first, last or first + timedelta(days=A_WEEK - 1)


class InvitationFilter(django_filters.FilterSet):
    """Which appointments are meant: of whom, and from when to when."""

    who = django_filters.ChoiceFilter(
        label=gettext_lazy("Calendar of"), empty_label=gettext_lazy("all"), method="of_whom"
    )
    day_from = DayFilter(label=gettext_lazy("From"), method="in_period", widget=DayInput)
    day_until = DayFilter(label=gettext_lazy("Until"), method="in_period", widget=DayInput)

    class Meta:
        model = Appointment
        fields = ()
        form = PeriodForm

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        user = self.request.user
        people = {f"{PERSON}{each.pk}": each for each in people_of_calendars(user)}
        teams = {f"{TEAM}{each.pk}": each for each in teams_of_calendars(user)}
        self.calendars = people | teams
        self.filters["who"].extra["choices"] = [
            (_("People"), [(key, each.user.display_name) for key, each in people.items()]),
            (_("Teams"), [(key, each.name) for key, each in teams.items()]),
        ]

    def of_whom(self, rows, _name, value):
        """Leave those in which a person, or anybody of a team, takes part."""
        return rows.filter(taken_part_in_by(self.calendars[value]))

    def in_period(self, rows, _name, _value):
        """Leave them all here: a day that is not chosen counts as well."""
        return rows

    def filter_queryset(self, queryset):
        first, last = self.period
        rows = queryset.filter(
            begins__gte=moment_of(first), begins__lt=moment_of(last + timedelta(days=1))
        )
        return super().filter_queryset(rows)

    @property
    def period(self) -> tuple[date, date]:
        """The first and last day; valid filters have them."""
        return period_of(self.form.cleaned_data)


class Invitations(MakesSeveralLetters):
    """Invitations to all appointments that the filters leave and that are one's own."""

    filterset_class = InvitationFilter
    template_name = "forms/invitations.html"
    confirmed_by = "forms/confirm_invitations.html"
    title = gettext_lazy("Print invitations")
    button = gettext_lazy("Make invitations")
    menu = "appointments"

    def rows(self):
        return to_invite_to(self.request.user, self.membership)

    def crumbs(self):
        return [Crumb(_("Calendar"), reverse("appointments"))]

    @cached_property
    def now(self):
        """The moment at which the page is asked for."""
        return timezone.now()

    def own_of(self, rows):
        return own(rows, self.request.user, self.membership, today())

    def writable(self, rows):
        return to_come(rows, self.now)

    def addressed_of(self, rows):
        return invited(rows, self.now)

    def told_of(self, row):
        return f"{row.case.number} {timezone.localtime(row.begins):%Y-%m-%dT%H:%M}"

    def make(self, values, suffix):
        rows, by = self.receivers(), self.request.user
        content = make_invitations(rows, sender=self.house, by=by, suffix=suffix)
        return invitations_name(suffix), content

    def get_context_data(self, **kwargs):
        valid = self.filters.is_valid()
        first, last = self.filters.period if valid else (None, None)
        return super().get_context_data(first_day=first, last_day=last, **kwargs)
