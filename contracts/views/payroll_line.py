"""One payroll line: its files and versions, changing and withdrawing it."""

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.facts import Fact
from base.workspace.fields import AmountField, DayField
from base.workspace.views import Crumb, DetailPage, ObjectFormPage
from contracts.actions.enter_payroll import change_payroll_line, withdraw_payroll_line
from contracts.cost_kinds import cost_kinds_of
from contracts.models import PayrollLine
from contracts.views.payroll import TONES, kind_choices, list_of


class PayrollLinePage(DetailPage):
    """A payroll line with its files and its versions."""

    model = PayrollLine
    permission_required = "contracts.view_payrollline"
    template_name = "contracts/payroll_line.html"
    menu = "payroll"

    def get_queryset(self):
        return super().get_queryset().joined("contract__provider")

    def get_title(self):
        return f"{self.object.reference} {self.object.label}"

    def crumbs(self):
        return [Crumb(_("Payroll and evidence"), list_of(self.object.contract))]

    def get_context_data(self, **kwargs):
        line = self.object
        versions = list(line.history.order_by("-history_date", "-history_id"))
        people = get_user_model().objects.in_bulk({v.history_user_id for v in versions} - {None})
        context = {
            "line": line,
            "standing": line.status == Fact.Status.SUBMITTED,
            "tone": TONES[line.status],
            "files": line.files.standing().order_by("pk"),
            "versions": [(v, people.get(v.history_user_id, "–")) for v in versions],
        }
        return super().get_context_data(**context | kwargs)


class LineForm(forms.Form):
    """One payroll line as it is typed."""

    day = DayField(label=gettext_lazy("Day"))
    cost_kind = forms.ChoiceField(label=gettext_lazy("Kind of cost"))
    label = forms.CharField(label=gettext_lazy("Label"), max_length=200)
    amount = AmountField(label=gettext_lazy("Amount in EUR"))
    eligible = forms.BooleanField(label=gettext_lazy("Eligible"), required=False, initial=True)
    evidence = forms.CharField(
        label=gettext_lazy("Number of the voucher"), max_length=300, required=False
    )

    def __init__(self, *args, kinds=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cost_kind"].choices = kind_choices(kinds)


class ReasonForm(forms.Form):
    """Asks for the reason, which stands in history beside what changed."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class ChangeForm(LineForm, ReasonForm):
    """A line's values, and why they change."""


class LineStep(ObjectFormPage):
    """What may be done with a payroll line."""

    model = PayrollLine
    permission_required = "contracts.change_payrollline"
    menu = "payroll"

    def get_queryset(self):
        return super().get_queryset().joined("contract")

    def guarded(self):
        return self.target

    def crumbs(self):
        return [
            Crumb(_("Payroll and evidence"), list_of(self.target.contract)),
            Crumb(self.target.reference, self.target.get_absolute_url()),
        ]


class PayrollChange(LineStep):
    """Change a line: the next version of it."""

    title = gettext_lazy("Change payroll line")
    form_class = ChangeForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"kinds": cost_kinds_of(self.target.contract)}

    def get_initial(self):
        names = ("day", "cost_kind", "label", "amount", "eligible", "evidence")
        return {name: getattr(self.target, name) for name in names}

    def act(self, form):
        return change_payroll_line(self.target, by=self.request.user, **form.cleaned_data)


class PayrollWithdraw(LineStep):
    """Withdraw a line: it stays on record and counts for nothing."""

    title = gettext_lazy("Withdraw payroll line")
    button = gettext_lazy("Withdraw")
    warning = gettext_lazy("The line stays on record and counts for nothing from now on.")
    form_class = ReasonForm

    def act(self, form):
        return withdraw_payroll_line(
            self.target, by=self.request.user, reason=form.cleaned_data["reason"]
        )

    def done(self, result):
        return _("Withdrawn.")
