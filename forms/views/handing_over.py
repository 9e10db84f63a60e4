"""Handing cases over: one, or all that a list's filters leave, to one person or to several."""

from collections import Counter
from datetime import timedelta

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base import formats
from base.workspace.fields import DayField
from base.workspace.views import Crumb, SimplePage
from contracts.models import Member, Organisation
from forms.actions.hand_over_cases import hand_over_cases
from forms.caseload import SEES, SILENT_DAYS, caseload
from forms.going_along import conflicts_along, going_along
from forms.handing_over import (
    HAND_OVER,
    handing_over,
    may_hand_over,
    seat_choices,
    seats,
    shared_out,
    side_of,
    to_hand_over,
)
from forms.models import Case, CaseOwner
from forms.views.case_action import CaseAction
from forms.views.filtered_rows import FilteredCases
from forms.views.going_along import AlongForm, AsksAboutAppointments, told_of
from forms.views.shared import today

BODY = Organisation.Kind.COMMISSIONING_BODY
MOST_NUMBERS = 100
"""As many case numbers the preview names for each who receives."""


class SeatsField(forms.MultipleChoiceField):
    """Who receives, each with their team; cleaned to places."""

    widget = forms.CheckboxSelectMultiple

    def take(self, found) -> None:
        """Offer these places."""
        self.seats = {seat.key: seat for seat in found}
        self.choices = [(seat.key, f"{seat.member} · {seat.team}") for seat in found]

    def clean(self, value):
        return [self.seats[key] for key in super().clean(value)]


class OwnerForm(AlongForm):
    """Who looks after a case from a day on, and why that changes."""

    field_order = ("valid_from", "to", "reason", "appointments")

    valid_from = DayField(label=gettext_lazy("First day"))
    to = forms.ChoiceField(label=gettext_lazy("To whom"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("Everybody who sees the case reads it: for example leave, staff."),
    )

    def __init__(self, *args, found, **kwargs):
        super().__init__(*args, **kwargs)
        self.seats = {seat.key: seat for seat in found}
        self.fields["to"].choices = [("", "–"), *seat_choices(found)]


class ChangeOwner(AsksAboutAppointments, CaseAction):
    """Who owns one case in the commissioning body from a day on."""

    permission_required = HAND_OVER
    form_class = OwnerForm
    title = gettext_lazy("Change responsible caseworker")
    dated = "owners"

    def get_queryset(self):
        """Return the cases of one's own houses: who works there is offered, to nobody else."""
        houses = [
            each.organisation
            for each in handing_over(self.request.user)
            if side_of(each) is CaseOwner
        ]
        return super().get_queryset().filter(contract__commissioning_body__in=houses)

    def get_form_kwargs(self):
        body = self.target.contract.commissioning_body_id
        return super().get_form_kwargs() | {"found": seats(body, CaseOwner)}

    def get_initial(self):
        return {"valid_from": max(today(), self.target.assigned_on)}

    def seat_of(self, form):
        return CaseOwner, form.seats[form.cleaned_data["to"]]

    def carry_out(self, form):
        """Hand the case over."""
        user, data = self.request.user, form.cleaned_data
        by_which = may_hand_over(user, self.target, CaseOwner, today())
        if by_which is None:
            raise forms.ValidationError(not_yours(self.target))
        return hand_over_cases(
            by=user,
            membership=by_which,
            cases=Case.objects.filter(pk=self.target.pk),
            valid_from=data["valid_from"],
            to=[form.seats[data["to"]]],
            reason=data["reason"],
            with_appointments=data["appointments"],
        )


def not_yours(case: Case) -> str:
    """Say who hands a case over."""
    return _(
        "Case %(case)s is handed over by the caseworker responsible, by the lead of their team, or "
        "by the administration."
    ) % {"case": case.number}


class HandOverForm(AlongForm):
    """From when on, to whom, and why."""

    field_order = ("valid_from", "to", "reason", "appointments")

    valid_from = DayField(label=gettext_lazy("First day"))
    to = SeatsField(
        label=gettext_lazy("To whom"),
        help_text=gettext_lazy(
            "Several receive as many cases each as far as it goes; a client's cases stay together."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("Everybody who sees the case reads it: for example leave, staff."),
    )

    def __init__(self, *args, found, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].take(found)


class HandOverCases(FilteredCases):
    """Hand over all cases that the filters of the list leave, and that are one's to hand over."""

    permission_required = HAND_OVER
    form_class = HandOverForm
    template_name = "forms/hand_over.html"
    title = gettext_lazy("Hand cases over")
    button = gettext_lazy("Go on")

    def memberships(self):
        return handing_over(self.request.user)

    def rows(self):
        return to_hand_over(self.request.user, self.membership, today())

    def crumbs(self):
        if self.request.user.has_perm("forms.view_case"):
            return [Crumb(_("Cases"), reverse("cases"))]
        return [Crumb(_("People"), reverse("people"))]

    def get_form_kwargs(self):
        found = seats(self.membership.organisation, side_of(self.membership))
        return super().get_form_kwargs() | {"found": found}

    def get_initial(self):
        return {"valid_from": today()}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            count=self.cases.count(),
            sees_list=self.request.user.has_perm("forms.view_case"),
            **kwargs,
        ) | ({"button": _("Hand over")} if kwargs.get("confirmation") else {})

    def require_confirmed(self, form):
        data = form.cleaned_data
        numbers = self.told = dict(self.cases.order_by().values_list("pk", "number"))
        cases = Case.objects.filter(pk__in=list(numbers))
        shares = shared_out(side_of(self.membership), cases, data["valid_from"], data["to"])
        if not shares:
            return
        going = going_along(side_of(self.membership), shares, data["valid_from"], timezone.now())
        conflicts = conflicts_along(going) if data["appointments"] else []
        told = [[seat.key, sorted(numbers[key] for key in keys)] for seat, keys in shares]
        # By case: somebody may receive in two of their teams.
        appointments = Counter(each.row.appointment.case_id for each in going)
        self.ask(
            [data["valid_from"], data["appointments"], told, told_of(going, conflicts)],
            "forms/confirm_hand_over.html",
            shares=[
                (seat, len(mine), mine[:MOST_NUMBERS], sum(appointments[key] for key in keys))
                for (seat, keys), (_key, mine) in zip(shares, told, strict=True)
            ],
            going=len(going),
            stay=not data["appointments"],
            conflicts=conflicts,
            first_day=data["valid_from"],
            total=len(numbers),
            moved=sum(len(keys) for _seat, keys in shares),
            sees_cases=self.request.user.has_perm("forms.view_case"),
        )

    def act(self, form):
        data = form.cleaned_data
        return hand_over_cases(
            by=self.request.user,
            membership=self.membership,
            # Those that were told of, and none that came meanwhile.
            cases=Case.objects.filter(pk__in=list(self.told)),
            valid_from=data["valid_from"],
            to=data["to"],
            reason=data["reason"],
            with_appointments=data["appointments"],
        )

    def done(self, result):
        count = sum(len(keys) for _seat, keys in result)
        return ngettext(
            "%(count)s case is handed over from %(day)s on.",
            "%(count)s cases are handed over from %(day)s on.",
            count,
        ) % {"count": count, "day": formats.day(self.first_day)}

    def form_valid(self, form):
        self.first_day = form.cleaned_data["valid_from"]
        return super().form_valid(form)


class CaseloadPage(SimplePage):
    """Who of the teams that one leads has how many cases, and how many of them are silent."""

    permission_required = SEES
    template_name = "forms/caseload.html"
    title = gettext_lazy("Caseload")
    menu = "cases"

    def crumbs(self):
        return [Crumb(_("Cases"), reverse("cases"))]

    def get_context_data(self, **kwargs):
        day = today()
        return super().get_context_data(
            teams=list(caseload(self.request.user, day)),
            days=SILENT_DAYS,
            # In the words of the list's filters: it counts the day itself.
            idle=SILENT_DAYS + 1,
            assigned_until=day - timedelta(days=SILENT_DAYS + 1),
            **kwargs,
        )


def cases_of_member(request, member: Member) -> dict | None:
    """Return how many cases of a member the reader may hand over; None for none."""
    counts = [
        to_hand_over(request.user, each, today()).looked_after_by([member], today()).count()
        for each in handing_over(request.user)
        if each.organisation == member.organisation_id
    ]
    if not any(counts):
        return None
    key = "caseworker" if member.organisation.kind == BODY else "counsellor"
    return {"count": sum(counts), "url": f"{reverse('cases-reassign')}?{key}={member.pk}"}
