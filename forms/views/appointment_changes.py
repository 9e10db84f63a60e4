"""What changes about one appointment: what it says, its time, whether it takes place or did."""

from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.workspace.views import Crumb, ObjectFormPage, ScopedMixin
from forms.actions.cancel_appointment import cancel_appointment
from forms.actions.change_appointment import change_appointment, plan_change
from forms.actions.settle_appointment import OUTCOMES, settle_appointment
from forms.calendar_rights import CHANGE, own_calendars
from forms.models import Appointment
from forms.views.appointment_forms import (
    AppointmentForm,
    AsksAboutConflicts,
    ScopeForm,
    WhenForm,
)
from forms.views.calendar import heading_of, week_of


class OneAppointment(ScopedMixin):
    """Something done with one appointment of an own calendar."""

    model = Appointment
    permission_required = CHANGE
    menu = "appointments"

    def get_queryset(self):
        rows = super().get_queryset().owned_by(own_calendars(self.request.user, CHANGE))
        return rows.joined("case__contract", "organisation", "series")

    def crumbs(self):
        return [
            Crumb(_("Calendar"), week_of(self.target)),
            Crumb(heading_of(self.target), self.target.get_absolute_url()),
        ]


class ChangeAppointment(AsksAboutConflicts, OneAppointment, ObjectFormPage):
    """Change all that an appointment says."""

    form_class = AppointmentForm
    template_name = "forms/appointment_form.html"
    title = gettext_lazy("Change appointment")

    def guarded(self):
        return self.target

    def get_form_kwargs(self):
        given = {
            "user": self.request.user,
            "organisation": self.target.organisation,
            "in_series": bool(self.target.series_id),
        }
        return super().get_form_kwargs() | given

    def get_initial(self):
        row = self.target
        members = [each.member for each in row.participants.select_related("member")]
        own = row.organisation_id
        names = ("kind", "work", "channel", "location", "address", "note")
        return when(row) | {
            "case": row.case_id or "",
            "case_text": row.case.number if row.case else "",
            "members": [each.pk for each in members if each.organisation_id == own],
            "others": [each.pk for each in members if each.organisation_id != own],
            "resources": list(row.bookings.values_list("resource", flat=True)),
            **{name: getattr(row, name) for name in names},
        }

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            organisation=self.target.organisation,
            suggestions=reverse("case-suggestions"),
            of_case=reverse("appointment-of-case"),
            **kwargs,
        )

    def require_confirmed(self, form):
        spans = plan_change(self.target, following=form.follows, **form.new_times())
        found = form.new_times() and self.holidays_among(
            spans.values(), form.case_row, self.target.organisation
        )
        self.ask_about(
            form.participants(), spans.values(), without=list(spans), holidays=found or {}
        )

    def act(self, form):
        return change_appointment(
            self.target,
            following=form.follows,
            **form.new_times(),
            members=form.participants(),
            resources=form.booked(),
            **form.what(),
            by=self.request.user,
        )

    def get_success_url(self):
        return week_of(self.result)


def when(appointment: Appointment) -> dict:
    """Return day and times of an appointment as its forms ask for them."""
    begins, ends = timezone.localtime(appointment.begins), timezone.localtime(appointment.ends)
    return {"day": begins.date(), "begins": begins.time(), "ends": ends.time()}


class MoveAppointment(AsksAboutConflicts, OneAppointment, ObjectFormPage):
    """Move an appointment to another day or time; dragging it sends this form."""

    form_class = WhenForm
    title = gettext_lazy("Move appointment")
    button = gettext_lazy("Move")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"in_series": bool(self.target.series_id)}

    def get_initial(self):
        return when(self.target)

    def require_confirmed(self, form):
        members = [each.member for each in self.target.participants.select_related("member")]
        begins, ends = form.times()
        spans = plan_change(self.target, following=form.follows, begins=begins, ends=ends)
        holidays = self.holidays_among(spans.values(), self.target.case, self.target.organisation)
        self.ask_about(members, spans.values(), without=list(spans), holidays=holidays)

    def act(self, form):
        begins, ends = form.times()
        return change_appointment(
            self.target, begins=begins, ends=ends, following=form.follows, by=self.request.user
        )

    def done(self, result):
        return _("Moved: %s.") % result

    def get_success_url(self):
        # Whoever dragged it looked at somebody's calendar.
        return f"{week_of(self.result)}&{urlencode({'who': self.request.GET.get('who', '')})}"


class CancelForm(ScopeForm):
    """Why an appointment does not take place."""

    field_order = ("reason", "scope")

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("Stays with your organisation. No names."),
    )


class CancelAppointment(OneAppointment, ObjectFormPage):
    """Cancel an appointment."""

    form_class = CancelForm
    title = gettext_lazy("Cancel appointment")
    button = gettext_lazy("Cancel appointment")
    warning = gettext_lazy("It stays in the calendar, struck out. This cannot be undone.")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"in_series": bool(self.target.series_id)}

    def act(self, form):
        return cancel_appointment(
            self.target,
            reason=form.cleaned_data["reason"],
            following=form.follows,
            by=self.request.user,
        )

    def done(self, result):
        return ngettext("%s appointment cancelled.", "%s appointments cancelled.", result) % result

    def get_success_url(self):
        return week_of(self.target)


class OutcomeForm(forms.Form):
    """What became of an appointment."""

    status = forms.ChoiceField(
        label=gettext_lazy("What became of it?"),
        choices=[(each.value, each.label) for each in OUTCOMES],
        widget=forms.RadioSelect,
    )


class SettleAppointment(OneAppointment, ObjectFormPage):
    """Say whether an appointment took place."""

    form_class = OutcomeForm
    title = gettext_lazy("Outcome")

    def get_initial(self):
        return {"status": self.request.GET.get("status") or self.target.status}

    def act(self, form):
        return settle_appointment(
            self.target, status=form.cleaned_data["status"], by=self.request.user
        )

    def get_success_url(self):
        return self.target.get_absolute_url()
