"""Withdrawing a notice by agreement of both parties."""

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from contracts.actions.withdraw_notice import withdraw_notice
from contracts.dates.obligations import contract_period
from contracts.models import Notice
from contracts.views.confirming import ShowsEffects


class WithdrawForm(forms.Form):
    """When both parties agreed, who did for each, and why."""

    on = DayField(label=gettext_lazy("Agreed on"))
    agreed_by_body = forms.CharField(
        label=gettext_lazy("Agreed for the commissioning body by"), max_length=200
    )
    agreed_by_provider = forms.CharField(
        label=gettext_lazy("Agreed for the provider by"), max_length=200
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class WithdrawNotice(ShowsEffects, ObjectFormPage):
    """Record that both parties withdrew a notice: the contract goes on as if none had come."""

    model = Notice
    permission_required = "contracts.add_notice"
    form_class = WithdrawForm
    menu = "contracts"
    title = gettext_lazy("Withdraw notice")
    button = gettext_lazy("Record withdrawal for good")
    warning = gettext_lazy(
        "The contract goes on as if no notice had been given, with its duties and statements. Only"
        " another notice ends it."
    )

    def get_queryset(self):
        return super().get_queryset().joined("contract", "given_by").standing()

    def crumbs(self):
        contract = self.target.contract
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(str(contract), reverse("contract", args=[contract.pk])),
        )

    def get_initial(self):
        return {"on": timezone.localdate()}

    def guarded(self):
        return self.target

    def affected(self, form):
        contract = self.target.contract
        # Nothing was taken back before the day on which the contract ends by it.
        return contract, contract_period(contract)[1] or self.target.received_on

    def act(self, form):
        return withdraw_notice(self.target, **form.cleaned_data, by=self.request.user)

    def done(self, result):
        return _("Notice of %(day)s withdrawn.") % {"day": day(result.received_on)}
