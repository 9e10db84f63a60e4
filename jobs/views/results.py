"""The plain list of what the jobs made, and the documents themselves."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView, View

from base.documents import stored_path
from jobs.actions.make_document import make_report_document, make_statement_document
from jobs.models import ReportVersion, Statement

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Results(LoginRequiredMixin, TemplateView):
    """Statements and reports this user may see, newest period first."""

    template_name = "jobs/results.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        statements = Statement.objects.visible_to(user).select_related("contract")
        versions = ReportVersion.objects.visible_to(user).select_related("report__contract")
        return super().get_context_data(
            statements=statements.order_by("-period_last", "contract__number", "sequence"),
            versions=versions.order_by(
                "-report__period_last", "report__contract__number", "-number"
            ),
            **kwargs,
        )


class StatementDocumentView(LoginRequiredMixin, View):
    """A statement as .docx."""

    def get(self, request, pk):
        statement = get_object_or_404(Statement.objects.visible_to(request.user), pk=pk)
        return _download(make_statement_document(statement))


class ReportDocumentView(LoginRequiredMixin, View):
    """A version of a report as .docx."""

    def get(self, request, pk):
        version = get_object_or_404(ReportVersion.objects.visible_to(request.user), pk=pk)
        return _download(make_report_document(version))


def _download(document) -> FileResponse:
    return FileResponse(
        default_storage.open(stored_path(document.sha256)),
        as_attachment=True,
        filename=f"{document.title}.docx",
        content_type=DOCX,
    )
