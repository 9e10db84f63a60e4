"""Agreements on phases: recorded where a phase of the catalogue needs one, and taken back."""

from functools import cached_property

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from cms.content.catalogue import Phase
from forms.actions.agree_phase import agree_phase, withdraw_phase
from forms.models import PhaseAgreement
from forms.phases import gated_phases
from forms.views.case_action import CaseAction
from forms.views.shared import today


class AgreementForm(forms.Form):
    """When a phase was agreed on; why, where that is changed."""

    phase = forms.CharField(widget=forms.HiddenInput)
    agreed_on = DayField(label=gettext_lazy("Agreed on"))
    note = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("For example where the signed agreement is kept."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason for the change"), max_length=500)

    def __init__(self, *args, is_change: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_change:
            del self.fields["reason"]


class AgreePhase(CaseAction):
    """Record the agreement that a phase begins with, or change its day."""

    permission_required = "forms.change_case"
    form_class = AgreementForm
    template_name = "forms/case_phase.html"

    @cached_property
    def phase(self) -> Phase:
        """The phase the address names, or the first that needs an agreement."""
        wanted = self.request.POST.get("phase") or self.request.GET.get("phase")
        gated = gated_phases(self.target)
        found = next((phase for phase in gated if wanted in (None, phase.key)), None)
        if found is None:
            raise Http404
        return found

    @cached_property
    def agreement(self) -> PhaseAgreement | None:
        """What is recorded for the phase so far."""
        return self.target.phase_agreements.filter(phase=self.phase.key).first()

    def guarded(self):
        return self.agreement

    def get_title(self):
        return _("Agreement on %s") % self.phase.label

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"is_change": self.agreement is not None}

    def get_initial(self):
        row = self.agreement
        return {
            "phase": self.phase.key,
            "agreed_on": row.agreed_on if row else self.target.closed_since(today()) or today(),
            "note": row.note if row else "",
        }

    def get_context_data(self, **kwargs):
        return super().get_context_data(phase=self.phase, **kwargs)

    def carry_out(self, form):
        """Record the agreement."""
        return agree_phase(case=self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        return _("%(phase)s is agreed on since %(day)s.") % {
            "phase": self.phase.label,
            "day": german(result.agreed_on),
        }


class WithdrawalForm(forms.Form):
    """Why an agreement is taken back."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class WithdrawPhase(ObjectFormPage):
    """Take an agreement back that no record rests on."""

    model = PhaseAgreement
    permission_required = "forms.change_case"
    menu = "cases"
    form_class = WithdrawalForm
    template_name = "forms/phase_withdraw.html"
    title = gettext_lazy("Withdraw agreement")
    button = gettext_lazy("Withdraw")
    warning = gettext_lazy(
        "The phase is then not agreed on any more; the history of the case keeps the agreement."
    )

    def get_queryset(self):
        return super().get_queryset().select_related("case")

    def guarded(self):
        return self.target

    def crumbs(self):
        case = self.target.case
        return [
            Crumb(_("Cases"), reverse("cases")),
            Crumb(_("Case %s") % case.number, case.get_absolute_url()),
        ]

    def get_context_data(self, **kwargs):
        labels = {phase.key: phase.label for phase in gated_phases(self.target.case)}
        label = labels.get(self.target.phase, self.target.phase)
        return super().get_context_data(label=label, **kwargs)

    def act(self, form):
        return withdraw_phase(self.target, reason=form.cleaned_data["reason"], by=self.request.user)

    def done(self, result):
        return _("The agreement is withdrawn.")
