"""Addresses of the workspace."""

from django.urls import path

from base.documents import PDF
from jobs.views import assessments, reports, run_start, runs
from jobs.views import statement_steps as steps
from jobs.views.closed_years import ClosedYearList, CloseYear, ReopenYear
from jobs.views.statement import StatementDocumentView, StatementPage
from jobs.views.statement_lines import LinePage, SourcesPart
from jobs.views.statements import StatementList

urlpatterns = [
    path("statements/", StatementList.as_view(), name="statements"),
    path("statements/<int:pk>/", StatementPage.as_view(), name="statement"),
    path(
        "statements/<int:pk>/document/", StatementDocumentView.as_view(), name="statement-document"
    ),
    path(
        "statements/<int:pk>/pdf/",
        StatementDocumentView.as_view(suffix=PDF),
        name="statement-pdf",
    ),
    path("statements/<int:pk>/check/", steps.CheckPage.as_view(), name="statement-check"),
    path("statements/<int:pk>/release/", steps.ReleasePage.as_view(), name="statement-release"),
    path("statements/<int:pk>/issue/", steps.IssuePage.as_view(), name="statement-issue"),
    path("statements/<int:pk>/return/", steps.ReturnPage.as_view(), name="statement-return"),
    path("statements/<int:pk>/resubmit/", steps.ResubmitPage.as_view(), name="statement-resubmit"),
    path("statements/<int:pk>/compute/", steps.ComputePage.as_view(), name="statement-compute"),
    path("statements/lines/<int:pk>/", LinePage.as_view(), name="statement-line"),
    path(
        "statements/lines/<int:pk>/sources/", SourcesPart.as_view(), name="statement-line-sources"
    ),
    path("closed-years/", ClosedYearList.as_view(), name="closed-years"),
    path("closed-years/close/", CloseYear.as_view(), name="close-year"),
    path("closed-years/<int:pk>/reopen/", ReopenYear.as_view(), name="closed-year-reopen"),
    path("reports/", reports.ReportList.as_view(), name="reports"),
    path("reports/<int:pk>/", reports.ReportPage.as_view(), name="report"),
    path("reports/<int:pk>/assess/", assessments.AssessmentEdit.as_view(), name="assessment-edit"),
    path(
        "reports/<int:pk>/assess/submit/",
        assessments.AssessmentSubmit.as_view(),
        name="assessment-submit",
    ),
    path(
        "reports/<int:pk>/assess/confirm/",
        assessments.AssessmentConfirm.as_view(),
        name="assessment-confirm",
    ),
    path("reports/<int:pk>/reply/", assessments.ReplyEdit.as_view(), name="reply-edit"),
    path("reports/<int:pk>/reply/submit/", assessments.ReplySubmit.as_view(), name="reply-submit"),
    path(
        "reports/versions/<int:pk>/document/",
        reports.ReportDocumentView.as_view(),
        name="report-document",
    ),
    path(
        "reports/versions/<int:pk>/pdf/",
        reports.ReportDocumentView.as_view(suffix=PDF),
        name="report-pdf",
    ),
    path("runs/", runs.RunList.as_view(), name="runs"),
    path("runs/live/", runs.LivePart.as_view(), name="runs-live"),
    path("runs/start/", run_start.RunStart.as_view(), name="run-start"),
    path("runs/start/confirm/", run_start.RunConfirm.as_view(), name="run-confirm"),
    path("runs/<int:pk>/", runs.RunPage.as_view(), name="run"),
    path("runs/<int:pk>/live/", runs.RunLivePart.as_view(), name="run-live"),
    path("runs/<int:pk>/repeat/", runs.RunRepeat.as_view(), name="run-repeat"),
]
