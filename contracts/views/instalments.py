"""Instalments on screen: the list with its sum, recording one, correcting one."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import days, money
from base.workspace.fields import AmountField, DayField
from base.workspace.tables import DayColumn, MoneyColumn, Table
from base.workspace.views import Crumb, FormPage, ListPage, ObjectFormPage
from contracts.actions.pay_instalment import change_instalment, pay_instalment
from contracts.billing import Period
from contracts.billing.money import to_cents
from contracts.models import Contract, Instalment
from contracts.period_field import PeriodField


def contracts_with_instalments(request):
    """Return the contracts a filter or form may name."""
    visible = Contract.objects.visible_to(request.user, "contracts.view_instalment")
    return visible.to_choose()


class EndsInFilter(django_filters.Filter):
    """Instalments for times that end in the period typed: there they are settled."""

    field_class = PeriodField

    def filter(self, rows, value):
        """Keep what is settled in the period."""
        return rows.filter(period_last__range=(value.first, value.last)) if value else rows


class InstalmentFilter(django_filters.FilterSet):
    """Whose, and for when."""

    contract = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Contract"), queryset=contracts_with_instalments
    )
    period = EndsInFilter(label=gettext_lazy("For a time that ends in"))

    class Meta:
        model = Instalment
        fields = ()


class InstalmentTable(Table):
    """Payments on account."""

    reference = tables.Column(gettext_lazy("Reference"))
    paid_on = DayColumn(gettext_lazy("Paid on"))
    contract = tables.Column(gettext_lazy("Contract"), accessor="contract__number")
    provider = tables.Column(gettext_lazy("Provider"), accessor="contract__provider__name")
    period = tables.Column(
        gettext_lazy("For the period"), accessor="period_first", order_by="period_first"
    )
    amount = MoneyColumn(gettext_lazy("Amount"))
    change = tables.Column(
        "", accessor="pk", orderable=False, exclude_from_export=True, empty_values=()
    )

    class Meta(Table.Meta):
        model = Instalment
        fields = ("reference", "paid_on", "contract", "provider", "period", "amount", "change")

    def before_render(self, request):
        """Leave out what the person may not do."""
        if not request.user.has_perm("contracts.change_instalment"):
            self.columns.hide("change")

    def render_change(self, record):
        """Return the way to correct it."""
        return format_html(
            '<a class="kern-link" href="{}" aria-label="{}">{}</a>',
            reverse("instalment-change", args=[record.pk]),
            _("Change instalment %(reference)s") % {"reference": record.reference},
            _("Change"),
        )

    def render_period(self, record):
        """Return the days it is for."""
        return days(record.period_first, record.period_last)

    value_period = render_period


class InstalmentList(ListPage):
    """Payments on account, newest first."""

    model = Instalment
    table_class = InstalmentTable
    filterset_class = InstalmentFilter
    permission_required = "contracts.view_instalment"
    title = gettext_lazy("Instalments")
    menu = "instalments"
    empty_text = gettext_lazy("No instalment fits these filters, or none was paid yet.")

    def get_queryset(self):
        rows = super().get_queryset().joined("contract__provider")
        return rows.order_by("-paid_on", "reference")

    def summary(self, rows):
        sums = rows.order_by().aggregate(count=Count("pk"), paid=Sum("amount", default=0))
        return [
            (_("Instalments"), str(sums["count"])),
            (_("Total"), money(to_cents(sums["paid"]))),
        ]

    def actions(self):
        if self.request.user.has_perm("contracts.add_instalment"):
            return [(_("Record instalment"), reverse("instalment-add"))]
        return ()


class ChangeForm(forms.Form):
    """A payment on account."""

    amount = AmountField(label=gettext_lazy("Amount in EUR"))
    paid_on = DayField(label=gettext_lazy("Paid on"))
    period = PeriodField(
        label=gettext_lazy("For the period"),
        help_text=gettext_lazy(
            "2024, 2024-H1, 2024-Q1, 2024-03 or 2024-01-15..2024-02-20. It is settled in the"
            " statement of the time in which it ends."
        ),
    )


class PayForm(ChangeForm):
    """A new payment on account."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Left empty, it gets the next number of the year."),
    )
    contract = forms.ModelChoiceField(label=gettext_lazy("Contract"), queryset=None)
    field_order = ("contract", "amount", "paid_on", "period", "reference")

    def __init__(self, *args, contracts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contract"].queryset = contracts


class CorrectForm(ChangeForm):
    """A payment on account, and why it changes."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class InstalmentAdd(FormPage):
    """Record what was paid on account."""

    permission_required = "contracts.add_instalment"
    form_class = PayForm
    title = gettext_lazy("Record instalment")
    menu = "instalments"

    def crumbs(self):
        return [Crumb(_("Instalments"), reverse("instalments"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"contracts": contracts_with_instalments(self.request)}

    def get_initial(self):
        wanted = self.request.GET.get("contract", "")
        return {"paid_on": timezone.localdate(), "contract": wanted}

    def act(self, form):
        return pay_instalment(by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("%(reference)s recorded.") % {"reference": result.reference}


class InstalmentChange(ObjectFormPage):
    """Correct what was recorded."""

    model = Instalment
    permission_required = "contracts.change_instalment"
    form_class = CorrectForm
    menu = "instalments"

    def get_title(self):
        return _("Change instalment %(reference)s") % {"reference": self.target.reference}

    def guarded(self):
        return self.target

    def crumbs(self):
        return [Crumb(_("Instalments"), reverse("instalments"))]

    def get_initial(self):
        target = self.target
        return {
            "amount": target.amount,
            "paid_on": target.paid_on,
            "period": Period(target.period_first, target.period_last),
        }

    def act(self, form):
        return change_instalment(self.target, by=self.request.user, **form.cleaned_data)
