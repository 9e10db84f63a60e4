"""What changes over a case's life: status, responsibility, support plan, who the client is."""

from functools import cached_property

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import formats
from base.workspace.fields import DayField, FigureField
from contracts.models import Member, Team
from contracts.reach import Reach
from contracts.rights import COUNSELLING
from forms.actions.identify_client import identify_client
from forms.actions.open_case import set_status
from forms.actions.reach_client import reach_client
from forms.actions.support_case import assign_counsellor, grant_support
from forms.handing_over import Seat
from forms.models import Case, CaseResponsibility, CaseStatus, ClientContact, ClientIdentity
from forms.overview import overview_of
from forms.views.case_action import CaseAction
from forms.views.confirming import ShowsEffectsOfCase
from forms.views.going_along import AlongForm, AsksAboutAppointments
from forms.views.shared import member_choices, today


class PersonFields(forms.Form):
    """Who a client is."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100)
    birth_date = DayField(label=gettext_lazy("Date of birth"), required=False)
    gender = forms.ChoiceField(
        label=gettext_lazy("Gender"),
        required=False,
        choices=[("", "–"), *ClientIdentity.Gender.choices],
    )


class StatusForm(forms.Form):
    """A status from a day on."""

    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=CaseStatus.Status.choices, widget=forms.RadioSelect
    )
    valid_from = DayField(label=gettext_lazy("Valid from"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Needed where the case is closed."),
    )


class ChangeStatus(ShowsEffectsOfCase, CaseAction):
    """Open, pause or close a case; before closing, what is still open stands above."""

    permission_required = "forms.change_case"
    form_class = StatusForm
    template_name = "forms/case_status.html"
    title = gettext_lazy("Change status")
    dated = "statuses"

    def get_initial(self):
        wanted = self.request.GET.get("status", "")
        return {"valid_from": today(), "status": wanted}

    def get_context_data(self, **kwargs):
        return super().get_context_data(checklist=closing_checklist(self.target), **kwargs)

    def carry_out(self, form):
        """Record the status."""
        return set_status(case=self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        return _("The case is %(status)s from %(day)s on.") % {
            "status": result.get_status_display(),
            "day": formats.day(result.valid_from),
        }


def closing_checklist(case: Case) -> list[tuple[str, bool]]:
    """Return what to look at before a case is closed, each with whether it is settled."""
    day = today()
    used = overview_of([case], day, names=Reach())[case.pk].usage
    open_modules = [
        f"{module.code} {module.title}"
        for module in used.modules
        if not module.warns and any(amount.rest for amount in module.amounts)
    ]
    later = case.service_records.counting().filter(day__gt=day).count()
    drafts = case.filled_forms.drafts().count()
    plan = case.support_plans.filter(Q(valid_until=None) | Q(valid_until__gt=day)).exists()
    return [
        (
            _("Modules with planned units left: %s") % ", ".join(open_modules)
            if open_modules
            else _("All planned modules are used up or none is planned."),
            not open_modules,
        ),
        (
            _("Forms that are still drafts: %s") % drafts if drafts else _("No form is a draft."),
            not drafts,
        ),
        (
            _("Records on later days: %s") % later if later else _("No record lies after today."),
            not later,
        ),
        (
            _("The support plan goes on.") if plan else _("No support plan goes on."),
            not plan,
        ),
    ]


class ResponsibilityForm(AlongForm):
    """Team and counsellor from a day on."""

    field_order = ("valid_from", "team", "counsellor", "reason", "appointments")

    valid_from = DayField(label=gettext_lazy("Valid from"))
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"))
    counsellor = forms.ChoiceField(label=gettext_lazy("Counsellor"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args, provider, user, **kwargs):
        super().__init__(*args, **kwargs)
        visible = Team.objects.visible_to(user).filter(organisation=provider)
        self.fields["team"].queryset = visible
        self.members = Member.objects.visible_to(user).filter(organisation=provider, active=True)
        self.fields["counsellor"].choices = member_choices(self.members, roles=COUNSELLING)


class ChangeResponsibility(AsksAboutAppointments, CaseAction):
    """Who looks after the case."""

    permission_required = "forms.change_case"
    form_class = ResponsibilityForm
    title = gettext_lazy("Change responsibility")
    dated = "responsibilities"

    def get_form_kwargs(self):
        given = {"provider": self.target.contract.provider_id, "user": self.request.user}
        return super().get_form_kwargs() | given

    def get_initial(self):
        row = self.target.responsibilities.order_by("-valid_from").first()
        day = today() if row else self.target.assigned_on
        return {
            "valid_from": day,
            "team": row and row.team_id,
            "counsellor": row and row.counsellor_id,
        }

    def seat_of(self, form):
        counsellor = form.members.select_related("user").get(pk=form.cleaned_data["counsellor"])
        return CaseResponsibility, Seat(form.cleaned_data["team"], counsellor)

    def carry_out(self, form):
        """Make team and counsellor responsible."""
        data = form.cleaned_data
        _side, seat = self.seat_of(form)
        return assign_counsellor(
            case=self.target,
            valid_from=data["valid_from"],
            team=data["team"],
            counsellor=seat.member,
            reason=data["reason"],
            with_appointments=data["appointments"],
            by=self.request.user,
        )


class PlanForm(forms.Form):
    """What the support plan grants."""

    valid_from = DayField(label=gettext_lazy("Valid from"))
    valid_until = DayField(label=gettext_lazy("Valid until"), required=False)
    hours_per_month = FigureField(
        label=gettext_lazy("Hours per month"), min_value=0, max_digits=6, decimal_places=2
    )


class GrantSupport(ShowsEffectsOfCase, CaseAction):
    """What the support plan grants, from a day on."""

    permission_required = "forms.add_supportplan"
    form_class = PlanForm
    title = gettext_lazy("Support plan")
    dated = "support_plans"

    def get_initial(self):
        plan = self.target.support_plans.order_by("-valid_from").first()
        if plan is None:
            return {"valid_from": self.target.assigned_on}
        return {"valid_from": today(), "hours_per_month": plan.hours_per_month}

    def carry_out(self, form):
        """Record the plan."""
        return grant_support(case=self.target, **form.cleaned_data, by=self.request.user)


class IdentityForm(PersonFields):
    """Who the client is, and why that is corrected."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)


class ChangeIdentity(CaseAction):
    """Correct who a client is."""

    permission_required = "forms.change_clientidentity"
    form_class = IdentityForm
    title = gettext_lazy("Name and date of birth")

    @cached_property
    def identity(self) -> ClientIdentity | None:
        """Who the client is said to be."""
        return ClientIdentity.objects.filter(client=self.target.client_id).first()

    def guarded(self):
        return self.identity

    def get_initial(self):
        names = ("first_name", "last_name", "birth_date", "gender")
        return {name: getattr(self.identity, name, None) for name in names}

    def carry_out(self, form):
        """Store the identity."""
        return identify_client(client=self.target.client, **form.cleaned_data, by=self.request.user)


class ContactForm(forms.Form):
    """Under which numbers an office keeps a client, and how the client is reached."""

    customer_number = forms.CharField(
        label=gettext_lazy("Customer number"), max_length=30, required=False
    )
    household_number = forms.CharField(
        label=gettext_lazy("Household number"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Both numbers are read by the commissioning body alone."),
    )
    street = forms.CharField(label=gettext_lazy("Street"), max_length=200, required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=10, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=100, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=100, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    language = forms.CharField(label=gettext_lazy("Language"), max_length=100, required=False)
    interpreter = forms.BooleanField(label=gettext_lazy("Needs an interpreter"), required=False)
    reach_how = forms.CharField(
        label=gettext_lazy("How to reach"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The provider's counsellors read this as well."),
    )
    reach_when = forms.CharField(label=gettext_lazy("When"), max_length=200, required=False)
    reach_never = forms.CharField(
        label=gettext_lazy("Please do not"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example: no message on the answering machine."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)


class ChangeContact(CaseAction):
    """Enter or correct how a client is reached."""

    permission_required = "forms.change_clientcontact"
    form_class = ContactForm
    title = gettext_lazy("Numbers and contact")

    @cached_property
    def contact(self) -> ClientContact | None:
        """What is stored."""
        return ClientContact.objects.filter(client=self.target.client_id).first()

    def guarded(self):
        return self.contact

    def get_initial(self):
        names = (name for name in ContactForm.base_fields if name != "reason")
        return {name: getattr(self.contact, name, None) for name in names}

    def carry_out(self, form):
        """Store it."""
        return reach_client(client=self.target.client, **form.cleaned_data, by=self.request.user)
