"""Make the document of a statement or of a report version, once for each content.

What was made for something frozen stays: an issued statement keeps the letter that was sent, also
when an address or a template changes.
"""

from django.db import models
from django.utils.translation import gettext as _

from base.acting import current_time
from base.documents import DocumentError, find_template, is_stored, render, store
from base.seals import seal_of
from jobs.documents.report import report_context, report_title, texts_about
from jobs.documents.statement import statement_context, statement_title
from jobs.models import ReportDocument, ReportVersion, Statement, StatementDocument
from jobs.models.document import StoredDocument

LONGEST_TITLE = StoredDocument._meta.get_field("title").max_length


def make_statement_document(statement: Statement) -> StatementDocument:
    """Return the letter of a statement; made now unless there is one.

    A draft gets another when it shows something else. Raises DocumentError for a wrong template,
    or a fact that history does not have.
    """
    title = statement_title(statement)[:LONGEST_TITLE]
    documents = StatementDocument.objects.filter(statement=statement)
    if statement.status == Statement.Status.ISSUED:
        # Drafts have no number in their title.
        if kept := _kept(documents.filter(title=title)):
            return kept
    context = statement_context(statement)
    return _made(documents, "documents/statement.docx", context, title=title, statement=statement)


def make_report_document(version: ReportVersion) -> ReportDocument:
    """Return the document of a report version with what was said about it; made unless there.

    An assessment or a reply makes another one; the earlier ones stay. Raises DocumentError for a
    wrong template.
    """
    assessment, reply = texts_about(version)
    subject = {"version": version, "assessment": assessment, "reply": reply}
    documents = ReportDocument.objects.filter(**subject)
    if kept := _kept(documents):
        return kept
    title = f"{report_title(version)}, {version.report.contract.number}"[:LONGEST_TITLE]
    context = report_context(version, assessment, reply)
    return _made(documents, "documents/report.docx", context, title=title, **subject)


def _kept(documents: models.QuerySet) -> StoredDocument | None:
    made = documents.order_by("pk").first()
    return made if made and is_stored(made.sha256) else None


def _made(rows: models.QuerySet, template: str, context: dict, *, title: str, **subject):
    """Return the document that shows this content, made if there is none.

    The content counts, not the template. The file is kept before the row, so that a row never
    names a file that was not written.
    """
    context_hash = seal_of(context)
    made = rows.filter(context_hash=context_hash).first()
    if made and is_stored(made.sha256):
        return made
    content = render(find_template(template), context)
    sha256 = store(content)
    if made and made.sha256 != sha256:
        problem = _("The file %s is lost, and the template no longer makes it.") % made.sha256
        raise DocumentError(template, problem)
    found, _created = rows.model.objects.get_or_create(
        **subject,
        context_hash=context_hash,
        defaults={
            "title": title,
            "sha256": sha256,
            "size": len(content),
            "made_at": current_time(),
        },
    )
    return found
