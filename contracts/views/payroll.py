"""Payroll lines: listed with their sums, entered one by one or many at once, changed, withdrawn."""

import calendar
from datetime import date, timedelta
from functools import cached_property

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.facts import Fact
from base.formats import in_words, money
from base.workspace.fields import AmountField, DayField
from base.workspace.tables import DayColumn, MoneyColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, FormPage, ListPage, ObjectFormPage
from contracts.actions.enter_payroll import (
    change_payroll_line,
    enter_payroll,
    withdraw_payroll_line,
)
from contracts.actions.upload_evidence import upload_evidence
from contracts.billing.money import to_cents
from contracts.cost_kinds import cost_kinds_of, reimbursing
from contracts.files import ACCEPTED, require_size
from contracts.models import Contract, Evidence, PayrollLine
from contracts.period_field import PeriodField

SPARE_ROWS = 3
MOST_ROWS = 60
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


def visible_contracts(request):
    """Return the contracts a filter or form may name: those that reimburse costs."""
    return reimbursing(Contract.objects.visible_to(request.user)).order_by("number")


class PayrollFilter(django_filters.FilterSet):
    """Whose costs, of when, of which kind, shown by a file or not."""

    contract = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Contract"), queryset=visible_contracts
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

    reference = tables.Column(gettext_lazy("Reference"), linkify=True, attrs=NOWRAP)
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
            "reference", "day", "contract", "cost_kind", "label", "shown_by", "status", "amount",
        )  # fmt: skip

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
        rows = super().get_queryset().select_related("contract")
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
        contracts = visible_contracts(self.request)
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


class RowForm(LineForm):
    """A row of the table for entering many lines; one without an amount is left out."""

    file = forms.FileField(label=gettext_lazy("File"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        classes = {"cost_kind": "kern-form-input__select", "eligible": "kern-form-check__checkbox"}
        for name, field in self.fields.items():
            css = classes.get(name, "kern-form-input__input")
            field.widget.attrs |= {"class": css, "aria-label": field.label}
        self.fields["file"].widget.attrs["accept"] = ",".join(ACCEPTED)

    def has_changed(self):
        """Whether an amount was typed or a file chosen: the rest is filled in beforehand."""
        return bool({"amount", "file"} & set(self.changed_data))

    def clean_file(self):
        """Refuse what is too large before it is read."""
        if file := self.cleaned_data["file"]:
            require_size(file.size)
        return self.cleaned_data["file"]


class RowFormSet(forms.BaseFormSet):
    """All rows; takes refusals of the action like a form does."""

    def add_error(self, field, error):
        """Show what an action refuses above the table."""
        self._non_form_errors.extend(error.messages)

    def clean(self):
        """Refuse a table without any amount."""
        if not any(form.has_changed() for form in self.forms):
            raise forms.ValidationError(_("No line has an amount."))


class PayrollEnter(FormPage):
    """A table for a month's lines, filled in beforehand like the month before."""

    model = Contract
    permission_required = "contracts.add_payrollline"
    template_name = "contracts/payroll_enter.html"
    title = gettext_lazy("Enter payroll lines")
    menu = "payroll"
    form_class = forms.formset_factory(
        RowForm, formset=RowFormSet, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    )

    @cached_property
    def contract(self) -> Contract:
        """The contract whose lines are entered."""
        visible = reimbursing(Contract.objects.visible_to(self.request.user))
        return get_object_or_404(visible, pk=self.kwargs["pk"])

    def crumbs(self):
        return [Crumb(_("Payroll and evidence"), _list_of(self.contract))]

    def get_form_kwargs(self):
        kinds = cost_kinds_of(self.contract)
        return super().get_form_kwargs() | {
            "form_kwargs": {
                "kinds": kinds,
                "empty_permitted": True,
                "use_required_attribute": False,
            }
        }

    def get_initial(self):
        last = (
            PayrollLine.objects.filter(contract=self.contract, status=Fact.Status.SUBMITTED)
            .order_by("day", "pk")
            .last()
        )
        if last is None:
            return [{} for _row in range(SPARE_ROWS)]
        month = (last.day.replace(day=1), _end_of_month(last.day))
        lines = PayrollLine.objects.filter(
            contract=self.contract, status=Fact.Status.SUBMITTED, day__range=month
        ).order_by("day", "reference")
        following = _end_of_month(month[1] + timedelta(days=1))
        old, new = f"{last.day:%m/%Y}", f"{following:%m/%Y}"
        like = [
            {"day": following, "cost_kind": line.cost_kind, "label": line.label.replace(old, new)}
            for line in lines[: MOST_ROWS - SPARE_ROWS]
        ]
        return [*like, *({"day": following} for _row in range(SPARE_ROWS))]

    def act(self, form):
        user = self.request.user
        rows = [row.cleaned_data for row in form.forms if row.has_changed()]
        lines = [
            PayrollLine(**{name: value for name, value in row.items() if name != "file"})
            for row in rows
        ]
        for line, row in zip(enter_payroll(self.contract, lines, by=user), rows, strict=True):
            if file := row["file"]:
                upload_evidence(
                    contract=self.contract,
                    name=file.name,
                    content=file.read(),
                    kind=Evidence.Kind.PAYSLIP,
                    day=line.day,
                    by=user,
                    payroll_line=line,
                )
        return lines

    def done(self, result):
        return ngettext("%d line entered.", "%d lines entered.", len(result)) % len(result)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**{"contract": self.contract} | kwargs)


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _list_of(contract: Contract) -> str:
    return f"{reverse('payroll')}?contract={contract.pk}"


class PayrollLinePage(DetailPage):
    """A payroll line with its files and its versions."""

    model = PayrollLine
    permission_required = "contracts.view_payrollline"
    template_name = "contracts/payroll_line.html"
    menu = "payroll"

    def get_queryset(self):
        return super().get_queryset().select_related("contract__provider")

    def get_title(self):
        return f"{self.object.reference} {self.object.label}"

    def crumbs(self):
        return [Crumb(_("Payroll and evidence"), _list_of(self.object.contract))]

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
        return super().get_queryset().select_related("contract")

    def guarded(self):
        return self.target

    def crumbs(self):
        return [
            Crumb(_("Payroll and evidence"), _list_of(self.target.contract)),
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
