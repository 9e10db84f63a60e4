"""Reports on screen: the list, one report with its figures and what was said about them."""

from functools import cached_property

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from base.documents import DOCX, DocumentError, PdfError
from base.formats import day
from base.views.stored_file import (
    say_missing,
    say_no_pdf,
    say_silent,
    say_unmade,
    send_stored,
)
from base.workspace.fields import FIRST_YEAR, LAST_YEAR
from base.workspace.tables import DayColumn, FigureColumn, NotedColumn, Table, badge
from base.workspace.views import (
    Crumb,
    DetailPage,
    ListPage,
    Page,
    ScopedMixin,
)
from contracts.models import Contract
from jobs.actions.make_document import make_report_document
from jobs.documents import formats
from jobs.documents.report import report_context, report_title
from jobs.marks import is_outdated
from jobs.models import Assessment, Reply, Report, ReportVersion

VIEW, ASSESS, ANSWER = "jobs.view_report", "jobs.assess_report", "jobs.answer_report"

TONES = {
    Report.State.OPEN: "warning",
    Report.State.CHANGED: "warning",
    Report.State.SUBMITTED: "info",
    Report.State.ANSWERED: "success",
}


def contracts_reporting(request):
    """Return the contracts a filter may name: those that report."""
    found = Contract.objects.visible_to(request.user).filter(reports__isnull=False)
    return found.distinct().to_choose()


class ReportFilter(django_filters.FilterSet):
    """Whose report, how far, and about which year."""

    contract = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Contract"), queryset=contracts_reporting
    )
    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=Report.State.choices)
    year = django_filters.NumberFilter(
        label=gettext_lazy("Year"),
        field_name="period_last__year",
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        decimal_places=0,
    )
    overdue = django_filters.ChoiceFilter(
        label=gettext_lazy("Overdue"),
        method="that_are_overdue",
        choices=[("true", gettext_lazy("yes")), ("false", gettext_lazy("no"))],
    )

    class Meta:
        model = Report
        fields = ()

    def that_are_overdue(self, rows, name, value):
        """Keep those whose assessment is missing after the day it was due, or all others."""
        overdue = Q(submitted_on=None, due_on__lt=timezone.localdate())
        return rows.filter(overdue) if value == "true" else rows.exclude(overdue)


class ReportTable(Table):
    """Reports with what has become of them."""

    period = tables.Column(
        gettext_lazy("Report"),
        order_by=("period_last", "period_first"),
        linkify=True,
        attrs={"td": {"class": "nowrap"}},
    )
    contract = NotedColumn(
        gettext_lazy("Contract"),
        accessor="contract__number",
        note="contract__provider__name",
        attrs={"td": {"class": "nowrap"}},
    )
    provider = tables.Column(gettext_lazy("Provider"), accessor="contract__provider__name")
    reference_date = DayColumn(gettext_lazy("Reference date"), accessor="period_last")
    due_on = DayColumn(gettext_lazy("Due on"))
    state = tables.Column(gettext_lazy("State"))
    submitted_on = DayColumn(gettext_lazy("Submitted on"))
    answered_on = DayColumn(gettext_lazy("Answered on"))
    version_number = FigureColumn(gettext_lazy("Version"))
    in_files_only = ("provider",)

    class Meta(Table.Meta):
        model = Report
        fields = (
            "period", "contract", "provider", "reference_date", "due_on", "state", "submitted_on",
            "answered_on", "version_number",
        )  # fmt: skip

    def render_period(self, record):
        """Return the period by name."""
        return formats.period(record.period)

    value_period = render_period

    def render_due_on(self, record, value):
        """Return the day, marked when it has passed without an assessment."""
        late = record.submitted_on is None and value < timezone.localdate()
        return badge(day(value), "danger") if late else day(value)

    def render_state(self, value):
        """Return what the report waits for, as a badge."""
        state = Report.State(value)
        return badge(state.label, TONES[state])

    def value_state(self, value):
        """Return what the report waits for, in words."""
        return Report.State(value).label


class ReportList(ListPage):
    """All reports the person may see, newest period first."""

    model = Report
    table_class = ReportTable
    filterset_class = ReportFilter
    permission_required = VIEW
    title = gettext_lazy("Reports")
    menu = "reports"
    empty_text = gettext_lazy("No report fits these filters, or none was computed yet.")

    def get_queryset(self):
        """Return visible reports with their state."""
        rows = super().get_queryset().with_state().joined("contract__provider")
        return rows.order_by("-period_last", "contract__number")


class OfReport(ScopedMixin):
    """A page about one visible report."""

    model = Report
    menu = "reports"

    def get_queryset(self):
        """Return visible reports with their state."""
        rows = super().get_queryset().with_state()
        return rows.joined("contract__provider", "contract__commissioning_body")


class ReportPage(OfReport, DetailPage):
    """The figures as table and chart, the assessment, the reply, all versions."""

    permission_required = VIEW
    template_name = "jobs/report.html"

    def crumbs(self):
        return [Crumb(_("Reports"), reverse("reports"))]

    def get_title(self):
        return f"{report_title(self.version)} · {self.object.contract.number}"

    @cached_property
    def version(self) -> ReportVersion:
        """The version asked for by number, else the newest."""
        versions = ReportVersion.objects.visible_to(self.request.user).select_related(
            "report__contract__provider", "report__contract__commissioning_body"
        )
        number = self.request.GET.get("version", "")
        if not number.isdigit():
            number = self.object.version_number
        return get_object_or_404(versions, report=self.object, number=number)

    def get_context_data(self, **kwargs):
        user, report = self.request.user, self.object
        assessments = list(
            Assessment.objects.visible_to(user)
            .filter(report=report)
            .select_related("figures", "submitted_by", "report")
            .order_by("-number")
        )
        replies = Reply.objects.visible_to(user).filter(assessment__in=assessments)
        replies = {
            reply.assessment_id: reply
            for reply in replies.select_related("submitted_by").order_by("pk")
        }
        submitted = [each for each in assessments if not each.is_draft]
        newest = submitted[0] if submitted else None
        today = timezone.localdate()
        return super().get_context_data(
            **kwargs,
            version=self.version,
            is_newest=self.version.number == report.version_number,
            outdated=self.version.number == report.version_number and is_outdated(report),
            versions=report.versions.order_by("-number"),
            state_label=Report.State(report.state).label,
            state_tone=TONES[Report.State(report.state)],
            overdue=bool(newest is None and report.due_on and report.due_on < today),
            draft=next((each for each in assessments if each.is_draft), None),
            dialogue=[(each, replies.get(each.pk)) for each in submitted],
            newest=newest,
            reply_draft=_draft(replies.get(newest.pk)) if newest else None,
            may_assess=user.has_perm(ASSESS, report),
            may_answer=user.has_perm(ANSWER, report) and newest is not None,
            **figures(self.version),
        )


def _draft(reply: Reply | None) -> Reply | None:
    return reply if reply and reply.is_draft else None


def figures(version: ReportVersion) -> dict:
    """Return the figures of a version, spelled for people, with their charts."""
    from base.workspace.chart import bar_chart  # pygal: only for pages with a chart

    content = version.content
    groups, modules = content["groups"], content["modules"]
    return {
        "figures": report_context(version),
        "group_chart": groups
        and bar_chart(
            "groups",
            title=_("Cases by need group"),
            description=_("Cases worked on and closed; the table beside it has the figures."),
            labels=[row["code"] or "–" for row in groups],
            series={
                _("worked on"): [row["processed"] for row in groups],
                _("closed"): [row["closed"] for row in groups],
            },
        ),
        "module_chart": modules
        and bar_chart(
            "modules",
            title=_("Hours by module"),
            description=_("Hours of the staff; the table beside it has the figures."),
            labels=[row["code"] or "–" for row in modules],
            series={_("hours"): [row["hours"] for row in modules]},
        ),
        "average_chart": groups
        and bar_chart(
            "averages",
            title=_("Hours per case by need group"),
            description=_("Average effort per case; the table beside it has the figures."),
            labels=[row["code"] or "–" for row in groups],
            series={_("hours per case"): [row["average"] or 0 for row in groups]},
        ),
    }


class ReportDocumentView(Page, View):
    """A version of a report as .docx or PDF."""

    model = ReportVersion
    permission_required = VIEW
    suffix = DOCX

    def get(self, request, pk):
        """Send the document, made if it is not there."""
        version = get_object_or_404(ReportVersion.objects.visible_to(request.user), pk=pk)
        try:
            document = make_report_document(version, self.suffix)
        except PdfError as error:
            return say_no_pdf(request, error, docx=reverse("report-document", args=[pk]))
        except DocumentError as error:
            title = f"{report_title(version)}{self.suffix}"
            return say_unmade(request, title, error)
        except FileNotFoundError:  # of the .docx a PDF is made of
            return say_missing(request, f"{report_title(version)}{self.suffix}")
        except OSError:  # the folder does not answer; later it may
            return say_silent(request, f"{report_title(version)}{self.suffix}")
        return send_stored(
            request,
            document.sha256,
            document.filename,
            about=version.report,
            title=document.title,
            suffix=self.suffix,
        )


def reports_of_contract(request, contract) -> dict:
    """Return what a contract's page shows of its reports."""
    rows = Report.objects.visible_to(request.user).filter(contract=contract).with_state()
    table = ReportTable(
        rows.order_by("-period_last"),
        exclude=("contract", "provider"),
        orderable=False,
        empty_text=_("No reports yet."),
    )
    return {"reports": table}
