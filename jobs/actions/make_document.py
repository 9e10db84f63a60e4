"""Make the document of a statement or of a report version, once for each content."""

from django.db import models

from base.acting import current_time
from base.documents import DocumentError, find_template, is_stored, render, store
from base.editions import seal_of
from jobs.documents.report import report_context, report_title
from jobs.documents.statement import statement_context, statement_title
from jobs.models import ReportDocument, ReportVersion, Statement, StatementDocument


def make_statement_document(statement: Statement) -> StatementDocument:
    """Return the letter of a statement; made now unless there is one that shows the same.

    Raises DocumentError for a wrong template, or a fact that history does not have.
    """
    context = statement_context(statement)
    return _made(
        StatementDocument.objects.filter(statement=statement),
        "documents/statement.docx",
        context,
        title=statement_title(statement),
        statement=statement,
    )


def make_report_document(version: ReportVersion) -> ReportDocument:
    """Return the document of a report version; made now unless there is one that shows the same.

    Raises DocumentError for a wrong template.
    """
    context = report_context(version)
    return _made(
        ReportDocument.objects.filter(version=version),
        "documents/report.docx",
        context,
        title=f"{report_title(version)}, {version.report.contract.number}",
        version=version,
    )


def _made(rows: models.QuerySet, template: str, context: dict, *, title: str, **subject):
    """The content counts, not the template: a new template does not replace what was made.

    The file is kept before the row, so that a row never names a file that was not written.
    """
    context_hash = seal_of(context)
    made = rows.filter(context_hash=context_hash).first()
    if made and is_stored(made.sha256):
        return made
    content = render(find_template(template), context)
    sha256 = store(content)
    if made and made.sha256 != sha256:
        problem = f"the file {made.sha256} is lost, and the template no longer makes it"
        raise DocumentError(template, problem)
    found, _created = rows.model.objects.get_or_create(
        **subject,
        context_hash=context_hash,
        defaults={
            "title": title[:200],
            "sha256": sha256,
            "size": len(content),
            "made_at": current_time(),
        },
    )
    return found
