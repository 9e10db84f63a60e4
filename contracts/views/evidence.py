"""Evidence on screen: the list, uploading, looking at a file, withdrawing."""

import django_filters
import django_tables2 as tables
from django import forms
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from base.facts import Fact
from base.formats import day
from base.views.file_openings import WhyPage
from base.views.stored_file import send_stored
from base.workspace.fields import DayField
from base.workspace.tables import DayColumn, MomentColumn, StateColumn, Table
from base.workspace.views import Crumb, FormPage, ListPage, ObjectFormPage, Page, ScopedMixin
from contracts.actions.upload_evidence import upload_evidence
from contracts.actions.withdraw_evidence import withdraw_evidence
from contracts.files import ACCEPTED, KINDS, LARGEST, require_size
from contracts.models import Contract, Evidence, PayrollLine
from contracts.views.payroll import NOWRAP, DaysFilter
from contracts.views.payroll_line import ReasonForm

TONES = {Evidence.Status.SUBMITTED: "", Evidence.Status.WITHDRAWN: "danger"}


class EvidenceFilter(django_filters.FilterSet):
    """Whose, of when, of which kind."""

    contract = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Contract"),
        queryset=lambda request: Contract.objects.visible_to(
            request.user, "contracts.view_evidence"
        ).to_choose(),
    )
    period = DaysFilter(label=gettext_lazy("Period"))
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Kind"), choices=Evidence.Kind.choices)
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"), choices=Evidence.Status.choices
    )

    class Meta:
        model = Evidence
        fields = ()


class EvidenceTable(Table):
    """Files with what they show."""

    name = tables.Column(gettext_lazy("File"), linkify=("evidence-file", {"pk": tables.A("pk")}))
    kind = tables.Column(gettext_lazy("Kind"))
    day = DayColumn(gettext_lazy("Day"))
    contract = tables.Column(gettext_lazy("Contract"), accessor="contract__number", attrs=NOWRAP)
    payroll_line = tables.Column(
        gettext_lazy("Payroll line"), accessor="payroll_line__reference", linkify=False
    )
    uploaded_by = tables.Column(gettext_lazy("Uploaded by"), order_by="uploaded_by__last_name")
    uploaded_at = MomentColumn(gettext_lazy("Uploaded at"))
    status = StateColumn(tones=TONES)
    withdraw = tables.Column(
        "", accessor="pk", orderable=False, exclude_from_export=True, empty_values=()
    )

    class Meta(Table.Meta):
        model = Evidence
        fields = (
            "name", "kind", "day", "contract", "payroll_line", "uploaded_by",
            "uploaded_at", "status", "withdraw",
        )  # fmt: skip

    def before_render(self, request):
        """Leave out what the person may not do."""
        if not request.user.has_perm("contracts.add_evidence"):
            self.columns.hide("withdraw")

    def render_name(self, record, value):
        """Return the name with the size."""
        return f"{value} ({filesizeformat(record.size)})"

    def render_withdraw(self, record):
        """Return the way to withdraw what stands; why, for the rest."""
        if record.status == Evidence.Status.WITHDRAWN:
            return record.reason
        return format_html(
            '<a class="kern-link" href="{}" aria-label="{}">{}</a>',
            reverse("evidence-withdraw", args=[record.pk]),
            _("Withdraw %(name)s") % {"name": record.name},
            _("Withdraw"),
        )


class EvidenceList(ListPage):
    """All evidence the person may see, newest first."""

    model = Evidence
    table_class = EvidenceTable
    filterset_class = EvidenceFilter
    permission_required = "contracts.view_evidence"
    title = gettext_lazy("Evidence")
    menu = "payroll"
    empty_text = gettext_lazy("No evidence fits these filters, or none was uploaded yet.")

    def crumbs(self):
        return [Crumb(_("Payroll and evidence"), reverse("payroll"))]

    def get_queryset(self):
        """Return visible evidence with what the rows show."""
        rows = super().get_queryset()
        return rows.joined("contract", "payroll_line", "uploaded_by").order_by("-day", "-pk")


class UploadForm(forms.Form):
    """A file and what it shows."""

    file = forms.FileField(label=gettext_lazy("File"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Evidence.Kind.choices)
    day = DayField(
        label=gettext_lazy("Day"), help_text=gettext_lazy("The day the cost belongs to.")
    )
    payroll_line = forms.ModelChoiceField(
        label=gettext_lazy("Payroll line"), queryset=None, required=False
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, contract: Contract, **kwargs):
        super().__init__(*args, **kwargs)
        lines = PayrollLine.objects.filter(contract=contract, status=Fact.Status.SUBMITTED)
        field = self.fields["payroll_line"]
        field.queryset = lines.order_by("-day", "reference")
        field.label_from_instance = lambda line: f"{day(line.day)} {line.label} ({line})"
        show_what_is_taken(self.fields["file"])

    def clean_file(self):
        """Refuse what is too large before it is read."""
        require_size(self.cleaned_data["file"].size)
        return self.cleaned_data["file"]


def show_what_is_taken(field: forms.FileField) -> None:
    """Say beside a field for a file which kinds are taken, and how large they may be."""
    field.widget.attrs["accept"] = ",".join(ACCEPTED)
    field.help_text = _("%(kinds)s; at most %(limit)s.") % {
        "kinds": ", ".join(kind.removeprefix(".").upper() for kind in KINDS),
        "limit": filesizeformat(LARGEST),
    }


class EvidenceAdd(FormPage):
    """Upload a file for a contract."""

    model = Contract
    permission_required = "contracts.add_evidence"
    form_class = UploadForm
    title = gettext_lazy("Upload evidence")
    button = gettext_lazy("Upload")
    menu = "payroll"

    @cached_property
    def contract(self) -> Contract:
        """The contract whose cost the file shows."""
        visible = Contract.objects.visible_to(self.request.user, self.permission_required)
        return get_object_or_404(visible, pk=self.kwargs["pk"])

    def crumbs(self):
        listed = f"{reverse('payroll')}?contract={self.contract.pk}"
        return [Crumb(_("Payroll and evidence"), listed)]

    def back(self):
        """Return where the person came from, or the list."""
        wanted = self.request.GET.get("next", "")
        allowed = url_has_allowed_host_and_scheme(wanted, {self.request.get_host()})
        return wanted if allowed else super().back()

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"contract": self.contract}

    def get_initial(self):
        """Name the payroll line that the address asks for, and its day."""
        wanted = self.request.GET.get("line", "")
        lines = PayrollLine.objects.visible_to(self.request.user).filter(contract=self.contract)
        line = lines.filter(pk=int(wanted)).first() if wanted.isdigit() else None
        day = line.day if line else timezone.localdate()
        return {"payroll_line": line, "day": day, "kind": Evidence.Kind.PAYSLIP}

    def act(self, form):
        values = form.cleaned_data
        file = values.pop("file")
        return upload_evidence(
            contract=self.contract,
            name=file.name,
            content=file.read(),
            by=self.request.user,
            **values,
        )

    def done(self, result):
        return _("%(name)s was stored.") % {"name": result.name}


class EvidenceWhy(WhyPage):
    """Why somebody of the commissioning body opens a contract's evidence."""

    model = Contract
    permission_required = "contracts.view_evidence"
    menu = "payroll"
    is_taken_along = True

    @property
    def name(self):
        return _("Evidence for contract %s") % self.target.number

    def crumbs(self):
        return [Crumb(_("Evidence"), f"{reverse('evidence')}?contract={self.target.pk}")]

    def own_page(self):
        """Return the list: evidence of a contract has no page of its own."""
        return self.back()


class EvidenceFile(Page, ScopedMixin, View):
    """A file, to be kept and not to be shown: whatever it holds runs nowhere here."""

    model = Evidence
    permission_required = "contracts.view_evidence"

    def get(self, request, pk):
        """Return the file under its cleaned name."""
        evidence = self.target
        return send_stored(
            request,
            evidence.sha256,
            evidence.name,
            about=evidence,
            title=evidence.name,
            suffix=evidence.suffix,
            content_type=KINDS[evidence.suffix].mime,
        )


class EvidenceWithdraw(ObjectFormPage):
    """Withdraw a file: it stays, and counts for nothing."""

    model = Evidence
    permission_required = "contracts.add_evidence"
    form_class = ReasonForm
    title = gettext_lazy("Withdraw evidence")
    button = gettext_lazy("Withdraw")
    warning = gettext_lazy("The file stays on record and counts for nothing from now on.")
    menu = "payroll"

    def crumbs(self):
        return [
            Crumb(_("Payroll and evidence"), reverse("payroll")),
            Crumb(_("Evidence"), reverse("evidence")),
        ]

    def get_title(self):
        return _("Withdraw %(name)s") % {"name": self.target.name}

    def act(self, form):
        return withdraw_evidence(self.target, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("Withdrawn.")
