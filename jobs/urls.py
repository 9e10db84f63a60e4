"""Addresses of the workspace."""

from django.urls import path

from jobs.views.results import ReportDocumentView, Results, StatementDocumentView

urlpatterns = [
    path("results/", Results.as_view(), name="results"),
    path(
        "statements/<int:pk>/document/", StatementDocumentView.as_view(), name="statement-document"
    ),
    path("reports/<int:pk>/document/", ReportDocumentView.as_view(), name="report-document"),
]
