"""An appointment is planned, alone or as a series."""

from datetime import date, datetime, time, timedelta

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from base.workspace.views import Crumb, FormPage, Page, ScopedMixin
from contracts.models import Member, Organisation
from contracts.reach import memberships_of
from forms.actions.plan_appointment import plan_appointment, plan_series
from forms.calendar_rights import ADD
from forms.models import Case
from forms.views.appointment_forms import AppointmentForm, AsksAboutConflicts, NewAppointmentForm
from forms.views.calendar import week_of
from forms.views.shared import day_of, own_members, today

BEGINS, LENGTH = time(9), timedelta(hours=1)


class NewAppointment(AsksAboutConflicts, FormPage):
    """Plan an appointment, or a series of them."""

    permission_required = ADD
    form_class = NewAppointmentForm
    template_name = "forms/appointment_form.html"
    title = gettext_lazy("New appointment")
    menu = "appointments"

    def has_permission(self):
        return super().has_permission() and self.member is not None

    @cached_property
    def member(self) -> Member | None:
        """For whom it is planned: whom the address names of one's colleagues, else oneself."""
        user = self.request.user
        own = own_members(user, ADD).select_related("organisation").order_by("pk")
        given = self.request.GET.get("member", "")
        if given.isdecimal():
            places = own.order_by().values("organisation")
            found = Member.objects.filter(pk=given, organisation__in=places, active=True)
            if member := found.select_related("organisation").first():
                return member
        if case := self.case:
            parties = (case.contract.provider_id, case.contract.commissioning_body_id)
            own = own.filter(organisation__in=parties)
        return own.first()

    @cached_property
    def case(self) -> Case | None:
        """The case that the address names."""
        given = self.request.GET.get("case", "")
        rows = Case.objects.visible_to(self.request.user, ADD).joined("contract")
        return rows.filter(pk=given).first() if given.isdecimal() else None

    def crumbs(self):
        if self.case:
            return [Crumb(_("Case %s") % self.case, self.case.get_absolute_url())]
        return [Crumb(_("Calendar"), reverse("appointments"))]

    def get_form_kwargs(self):
        given = {"user": self.request.user, "organisation": self.member.organisation}
        return super().get_form_kwargs() | given

    def get_initial(self):
        asked = self.request.GET
        try:
            begins = time.fromisoformat(asked.get("begins", ""))
        except ValueError:
            begins = BEGINS
        day = day_of(asked.get("day")) or today()
        ends = (datetime.combine(day, begins) + LENGTH).time()
        return {
            "day": day,
            "begins": begins,
            "ends": ends if ends > begins else time(23, 55),
            "members": [self.member.pk],
            "case": self.case.pk if self.case else "",
            "case_text": self.case.number if self.case else "",
            "frequency": "",
        }

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            organisation=self.member.organisation,
            suggestions=reverse("case-suggestions"),
            of_case=reverse("appointment-of-case"),
            **kwargs,
        )

    def require_confirmed(self, form):
        self.ask_about(
            form.participants(),
            form.spans(),
            holidays=self.holidays_of(form),
            left_out=form.leaves_holidays_out,
        )

    def holidays_of(self, form) -> dict[date, str]:
        """Return on which holidays it would be."""
        return self.holidays_among(form.spans(), form.case_row, self.member.organisation)

    def act(self, form):
        data = form.cleaned_data
        common = {
            "organisation": self.member.organisation,
            "members": form.participants(),
            "resources": form.booked(),
            **form.what(),
            "by": self.request.user,
        }
        if not data["frequency"]:
            begins, ends = form.times()
            return [plan_appointment(begins=begins, ends=ends, **common)]
        return plan_series(
            first=data["day"],
            until=data["until"],
            begins=data["begins"],
            ends=data["ends"],
            frequency=data["frequency"],
            interval=data["interval"] or 1,
            without=self.holidays_of(form) if form.leaves_holidays_out else (),
            **common,
        )

    def done(self, result):
        count = len(result)
        return ngettext("%s appointment planned.", "%s appointments planned.", count) % count

    def get_success_url(self):
        if self.case:
            return self.case.get_absolute_url()
        return f"{week_of(self.result[0])}&who=p{self.member.pk}"


class AppointmentOfCase(Page, ScopedMixin, TemplateView):
    """The fields of an appointment that follow from its case, for a script."""

    permission_required = ADD
    template_name = "forms/appointment_of_case.html"
    menu = "appointments"

    def get_context_data(self, **kwargs):
        user = self.request.user
        place = self.request.GET.get("organisation", "")
        own = [each.organisation for each in memberships_of(user) if each.grants(ADD)]
        rows = Organisation.objects.filter(pk__in=own)
        organisation = (rows.filter(pk=place) if place.isdecimal() else rows).first()
        if organisation is None:
            raise Http404
        initial = {"case": self.request.GET.get("case", ""), "day": self.request.GET.get("day")}
        form = AppointmentForm(user=user, organisation=organisation, initial=initial)
        return super().get_context_data(form=form, **kwargs)
