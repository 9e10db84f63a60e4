"""Payroll lines with their sums by kind and month."""

from functools import cached_property

import django_filters
import django_tables2 as tables
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.facts import Fact
from base.formats import in_words, money
from base.workspace.tables import DayColumn, MoneyColumn, Table, badge
from base.workspace.views import ListPage
from contracts.billing.money import to_cents
from contracts.cost_kinds import reimbursing
from contracts.models import Contract, Evidence, PayrollLine
from contracts.period_field import PeriodField

TONES = {Fact.Status.SUBMITTED: "", Fact.Status.WITHDRAWN: "danger"}
NOWRAP = {"td": {"class": "nowrap"}}
SHOWN = Q(files__status=Evidence.Status.SUBMITTED)


class DaysFilter(django_filters.Filter):
    """Rows whose day lies in the period typed."""

    field_class = PeriodField

    def filter(self, rows, value):
        """Keep what happened in the period."""
        return rows.filter(day__range=(value.first, value.last)) if value else rows


def kind_choices(kinds) -> list[tuple[str, str]]:
    """Return kinds of cost to choose from: key and words."""
    return [(kind, in_words(kind)) for kind in kinds]


def contracts_reimbursing(request, permission="contracts.view_payrollline"):
    """Return the contracts a filter or form may name: those that reimburse costs."""
    visible = Contract.objects.visible_to(request.user, permission)
    return reimbursing(visible).to_choose()


class PayrollFilter(django_filters.FilterSet):
    """Whose costs, of when, of which kind, shown by a file or not."""

    contract = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Contract"), queryset=contracts_reimbursing
    )
    period = DaysFilter(label=gettext_lazy("Period"))
    cost_kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind of cost"))
    status = django_filters.ChoiceFilter(label=gettext_lazy("Status"), choices=Fact.Status.choices)
    shown = django_filters.ChoiceFilter(
        label=gettext_lazy("Evidence"),
        method="of_shown",
        choices=[("file", gettext_lazy("with a file")), ("none", gettext_lazy("without a file"))],
    )

    class Meta:
        model = PayrollLine
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Kinds that the person's own rows have, not everybody's.
        visible = PayrollLine.objects.visible_to(self.request.user).order_by("cost_kind")
        kinds = visible.values_list("cost_kind", flat=True).distinct()
        self.filters["cost_kind"].extra["choices"] = kind_choices(kinds)

    def of_shown(self, rows, name, value):
        """Keep lines with or without a file."""
        return rows.filter(shown_by__gt=0) if value == "file" else rows.filter(shown_by=0)


class PayrollTable(Table):
    """Payroll lines with what shows them."""

    reference = tables.Column(gettext_lazy("Reference"), attrs=NOWRAP)
    day = DayColumn(gettext_lazy("Day"))
    contract = tables.Column(gettext_lazy("Contract"), accessor="contract__number", attrs=NOWRAP)
    cost_kind = tables.Column(gettext_lazy("Kind of cost"))
    label = tables.Column(gettext_lazy("Label"))
    shown_by = tables.Column(gettext_lazy("Evidence"), empty_values=())
    status = tables.Column(gettext_lazy("Status"))
    amount = MoneyColumn(gettext_lazy("Amount"))

    class Meta(Table.Meta):
        model = PayrollLine
        fields = (
            "reference", "contract", "day", "cost_kind", "label", "amount", "shown_by", "status",
        )  # fmt: skip

    in_files_only = ("contract",)

    def render_reference(self, record, value):
        """Return a link, with the contract's number below."""
        return format_html(
            '<a href="{}">{}</a><span class="note">{}</span>',
            record.get_absolute_url(),
            value,
            record.contract.number,
        )

    def value_reference(self, value):
        """Return the reference alone: in a file the contract has a column."""
        return value

    def render_cost_kind(self, value):
        """Return the kind in words."""
        return in_words(value)

    def render_status(self, record, value):
        """Return the status, or that a line is not reimbursed."""
        if record.status == Fact.Status.SUBMITTED and not record.eligible:
            return badge(_("not eligible"), "info")
        return badge(value, TONES[record.status])

    def value_status(self, record, value):
        """Return the same in words."""
        return value if record.eligible else f"{value}, {_('not eligible')}"

    def render_shown_by(self, record):
        """Return how many files show it, or what the provider wrote down."""
        if record.shown_by:
            return ngettext("%d file", "%d files", record.shown_by) % record.shown_by
        return record.evidence or "–"

    value_shown_by = render_shown_by


class PayrollList(ListPage):
    """Payroll lines, newest first, with their sums by kind; of one contract also by month."""

    model = PayrollLine
    table_class = PayrollTable
    filterset_class = PayrollFilter
    permission_required = "contracts.view_payrollline"
    template_name = "contracts/payroll.html"
    title = gettext_lazy("Payroll and evidence")
    menu = "payroll"
    empty_text = gettext_lazy("No payroll lines fit these filters.")

    def get_queryset(self):
        """Return visible lines with the number of their files."""
        rows = super().get_queryset().joined("contract")
        return rows.annotate(shown_by=Count("files", filter=SHOWN)).order_by("-day", "reference")

    def summary(self, rows):
        """Return the sums by kind of what counts: submitted and eligible."""
        counted = _counted(rows)
        sums = counted.values("cost_kind").annotate(sum=Sum("amount")).order_by("cost_kind")
        found = [(row["cost_kind"], to_cents(row["sum"])) for row in sums]
        return [
            (_("Lines"), str(rows.count())),
            *((in_words(kind), money(amount)) for kind, amount in found),
            (_("Eligible in total"), money(sum(amount for _kind, amount in found))),
        ]

    def actions(self):
        found = []
        user = self.request.user
        if user.has_perm("contracts.add_payrollline"):
            for contract in self.contracts_to_enter:
                label = (
                    _("Enter lines")
                    if len(self.contracts_to_enter) == 1
                    else (_("Enter lines: %s") % contract.number)
                )
                found.append((label, reverse("payroll-enter", args=[contract.pk])))
        if user.has_perm("contracts.view_evidence"):
            found.append((_("All evidence"), reverse("evidence")))
        return found

    @cached_property
    def contracts_to_enter(self) -> list[Contract]:
        """Return the contract that is filtered by, or the few there are."""
        contracts = contracts_reimbursing(self.request, "contracts.add_payrollline")
        if (chosen := self.request.GET.get("contract", "")).isdigit():
            contracts = contracts.filter(pk=int(chosen))
        return list(contracts[:4])

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        chosen = (
            context["filter"].form.cleaned_data.get("contract")
            if (context["filter"].is_bound and context["filter"].form.is_valid())
            else None
        )
        return context | {"matrix": by_month(self.object_list) if chosen else None}


def _counted(rows):
    """Return what counts, without the join to files: it would multiply the sums."""
    return PayrollLine.objects.filter(
        pk__in=rows.order_by().values("pk"), status=Fact.Status.SUBMITTED, eligible=True
    )


def by_month(rows) -> dict:
    """Return the sums of what counts by month and kind, with those of months and kinds."""
    found = (
        _counted(rows)
        .annotate(month=TruncMonth("day"))
        .values("month", "cost_kind")
        .annotate(sum=Sum("amount"))
        .order_by("month", "cost_kind")
    )
    sums = {(row["month"], row["cost_kind"]): to_cents(row["sum"]) for row in found}
    kinds = sorted({kind for _month, kind in sums})
    months = sorted({month for month, _kind in sums})
    cells = {month: [sums.get((month, kind)) for kind in kinds] for month in months}
    return {
        "kinds": kinds,
        "months": [(month, row, sum(filter(None, row))) for month, row in cells.items()],
        "totals": [sum(filter(None, column)) for column in zip(*cells.values(), strict=True)],
        "total": sum(sums.values()),
    }


def list_of(contract: Contract) -> str:
    """Return the address of the list of a contract's payroll lines."""
    return f"{reverse('payroll')}?contract={contract.pk}"
