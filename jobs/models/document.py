"""Documents made from statements and reports; each inherits the rights of what it shows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.documents import DOCX, PDF
from base.immutability import Always
from base.retention import KeptWith
from contracts.reach import ProviderScopedQuerySet
from jobs.models.report import ReportVersion
from jobs.models.report_text import Assessment, Reply
from jobs.models.statement import Statement


class StoredDocument(models.Model):
    """A file kept under the hash of its bytes, found again by the hash of what it shows.

    The same content may be there as .docx and as PDF, each once.
    """

    title = models.CharField(_("title"), max_length=200)
    context_hash = models.CharField(_("hash of the content shown"), max_length=64)
    suffix = models.CharField(
        _("ending of the file"), max_length=5, default=DOCX, choices=[(DOCX, DOCX), (PDF, PDF)]
    )
    sha256 = models.CharField(_("hash of the file"), max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    made_at = models.DateTimeField(_("made at"))

    frozen = Always()

    class Meta:
        abstract = True
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def filename(self) -> str:
        """What the file is called where somebody keeps it."""
        return f"{self.title}{self.suffix}"


class StatementDocumentQuerySet(ProviderScopedQuerySet):
    """Documents of statements, by the contract's provider."""

    provider_path = "statement__contract__provider"
    needed = "jobs.view_statement"


class StatementDocument(StoredDocument):
    """A statement as a letter with its annex."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="documents")

    objects = StatementDocumentQuerySet.as_manager()
    retention = KeptWith("statement")

    class Meta(StoredDocument.Meta):
        verbose_name = _("statement document")
        verbose_name_plural = _("statement documents")
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "context_hash", "suffix"], name="statement_document_once"
            )
        ]


class ReportDocumentQuerySet(ProviderScopedQuerySet):
    """Documents of reports, by the contract's provider."""

    provider_path = "version__report__contract__provider"
    needed = "jobs.view_report"


class ReportDocument(StoredDocument):
    """A version of a report as a document, with what was said about it by then."""

    version = models.ForeignKey(ReportVersion, models.PROTECT, related_name="documents")
    assessment = models.ForeignKey(
        Assessment, models.PROTECT, related_name="documents", null=True, blank=True
    )
    reply = models.ForeignKey(
        Reply, models.PROTECT, related_name="documents", null=True, blank=True
    )

    objects = ReportDocumentQuerySet.as_manager()
    retention = KeptWith("version")

    class Meta(StoredDocument.Meta):
        verbose_name = _("report document")
        verbose_name_plural = _("report documents")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "context_hash", "suffix"], name="report_document_once"
            )
        ]
