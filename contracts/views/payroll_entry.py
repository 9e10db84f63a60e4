"""Entering a month's payroll: a table of lines, with their files."""

import calendar
from datetime import date, timedelta
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.facts import Fact
from base.workspace.views import Crumb, FormPage
from contracts.actions.enter_payroll import enter_payroll
from contracts.actions.upload_evidence import upload_evidence
from contracts.cost_kinds import cost_kinds_of, reimbursing
from contracts.files import ACCEPTED, require_size
from contracts.models import Contract, Evidence, PayrollLine
from contracts.views.payroll import list_of
from contracts.views.payroll_line import LineForm

SPARE_ROWS = 3
MOST_ROWS = 60


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
        self._non_form_errors.extend(ValidationError(error).messages)

    def clean(self):
        """Refuse a table without any amount."""
        if not any(form.has_changed() for form in self.forms):
            raise ValidationError(_("No line has an amount."))


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
        visible = reimbursing(
            Contract.objects.visible_to(self.request.user, self.permission_required)
        )
        return get_object_or_404(visible, pk=self.kwargs["pk"])

    def crumbs(self):
        return [Crumb(_("Payroll and evidence"), list_of(self.contract))]

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
        day = _by_now(following)
        like = [
            {"day": day, "cost_kind": line.cost_kind, "label": line.label.replace(old, new)}
            for line in lines[: MOST_ROWS - SPARE_ROWS]
        ]
        return [*like, *({"day": day} for _row in range(SPARE_ROWS))]

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


def _by_now(day: date) -> date | None:
    """Return a day, as far as it has come: today in a month that runs, none in one to come."""
    today = timezone.localdate()
    if day <= today:
        return day
    return today if (day.year, day.month) == (today.year, today.month) else None


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
