"""Make the document of a statement or of a report version, once for each content.

What was made for something frozen stays: an issued statement keeps the letter that was sent, also
when an address or a template changes. A PDF is made of the .docx that is kept, and kept beside it.
"""

import hashlib

from django.core.files.storage import default_storage
from django.db import models
from django.utils.translation import gettext as _

from base.acting import current_time
from base.documents import (
    DOCX,
    PDF,
    DocumentError,
    find_template,
    is_stored,
    render,
    store,
    stored_path,
    to_pdf,
)
from base.seals import seal_of
from jobs.documents.report import report_context, report_title, texts_about
from jobs.documents.statement import statement_context, statement_title
from jobs.models import ReportDocument, ReportVersion, Statement, StatementDocument
from jobs.models.document import StoredDocument

LONGEST_TITLE = StoredDocument._meta.get_field("title").max_length


def make_statement_document(statement: Statement, suffix: str = DOCX) -> StatementDocument:
    """Return the letter of a statement as .docx or PDF; made now unless there is one.

    A draft gets another when it shows something else. Raises DocumentError for a wrong template,
    or a fact that history does not have, PdfError for a PDF that cannot be made, and OSError for
    a stored letter that cannot be read.
    """
    documents = StatementDocument.objects.filter(statement=statement)
    return _in_kind(documents, _statement_letter(statement, documents), suffix, "statement")


def make_report_document(version: ReportVersion, suffix: str = DOCX) -> ReportDocument:
    """Return the document of a report version with what was said about it; made unless there.

    An assessment or a reply makes another one; the earlier ones stay. Raises DocumentError for a
    wrong template, PdfError for a PDF that cannot be made, and OSError for a stored document that
    cannot be read.
    """
    assessment, reply = texts_about(version)
    subject = {"version": version, "assessment": assessment, "reply": reply}
    documents = ReportDocument.objects.filter(**subject)
    made = _first(documents)
    if not (made and is_stored(made.sha256)):
        title = f"{report_title(version)}, {version.report.contract.number}"[:LONGEST_TITLE]
        context = report_context(version, assessment, reply)
        made = _made(documents, "documents/report.docx", context, lost=made, title=title, **subject)
    return _in_kind(documents, made, suffix, *subject)


def _statement_letter(statement: Statement, documents: models.QuerySet) -> StatementDocument:
    title, sent = statement_title(statement)[:LONGEST_TITLE], None
    if statement.status == Statement.Status.ISSUED:
        # Drafts have no number in their title.
        sent = _first(documents.filter(title=title))
        if sent and is_stored(sent.sha256):
            return sent
    about = {"title": title, "statement": statement}
    context = statement_context(statement)
    return _made(documents, "documents/statement.docx", context, lost=sent, **about)


def _first(documents: models.QuerySet) -> StoredDocument | None:
    return documents.filter(suffix=DOCX).order_by("pk").first()


def _made(
    rows: models.QuerySet,
    template: str,
    context: dict,
    *,
    lost: StoredDocument | None,
    title: str,
    **subject,
):
    """Return the .docx that shows this content, made if there is none.

    The content counts, not the template. What is `lost` is made again, or nothing: another file
    would not be the one that was sent.
    """
    context_hash = seal_of(context)
    made = lost or rows.filter(context_hash=context_hash, suffix=DOCX).first()
    if made and is_stored(made.sha256):
        return made
    content = render(find_template(template), context)
    if made:
        if hashlib.sha256(content).hexdigest() != made.sha256:
            problem = _("The file %s is lost, and the template no longer makes it.") % made.sha256
            raise DocumentError(template, problem)
        store(content)
        return made
    return _stored(rows.model, content, DOCX, **subject, context_hash=context_hash, title=title)


def _in_kind(rows: models.QuerySet, document: StoredDocument, suffix: str, *subject: str):
    """Return a document in the kind that is wanted: the PDF of a .docx is made if there is none."""
    if suffix == document.suffix:
        return document
    # Where its file is lost, the row stays: another PDF would not be the one that was sent.
    if made := rows.filter(context_hash=document.context_hash, suffix=PDF).first():
        return made
    with default_storage.open(stored_path(document.sha256)) as file:
        docx = file.read()
    content = to_pdf(docx)
    same = {name: getattr(document, name) for name in (*subject, "context_hash", "title")}
    return _stored(rows.model, content, PDF, **same)


def _stored(model: type[StoredDocument], content: bytes, suffix: str, *, title: str, **shown):
    """Keep a file and return its row; where another was quicker, that one's.

    The file is kept before the row, so that a row never names a file that was not written.
    """
    sha256 = store(content, suffix)
    found, _created = model.objects.get_or_create(
        **shown,
        suffix=suffix,
        defaults={
            "title": title,
            "sha256": sha256,
            "size": len(content),
            "made_at": current_time(),
        },
    )
    if suffix == PDF and found.sha256 != sha256:  # no other row can name it
        default_storage.delete(stored_path(sha256, suffix))
    return found
