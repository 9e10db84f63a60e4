"""Checks that what was sealed is still what it was; run by `manage.py check_history`."""

from collections.abc import Iterator
from hashlib import sha256

from django.apps import apps
from django.core.files.storage import default_storage

from base.documents import is_stored, stored_path
from base.integrity import register
from contracts.billing import Terms, explain
from jobs.explanation.sources import terms_of
from jobs.models import Statement, StatementLine


@register
def statements_and_reports_match_their_seals() -> Iterator[str]:
    """Every issued statement and every report version is what it was."""
    for name in ("Statement", "ReportVersion"):
        for row in _by_key(name):
            yield from row.problems()


@register
def issued_amounts_arise_again() -> Iterator[str]:
    """Each issued line comes to its amount again, from what it keeps and the terms it names."""
    issued = Statement.objects.issued()
    lines = StatementLine.objects.filter(statement__in=issued).select_related("statement")
    terms: dict[tuple[int, str], Terms] = {}
    for line in lines.order_by("statement", "position").iterator():
        named = (line.edition_id, line.term)
        try:
            if named not in terms:
                terms[named] = terms_of(line.edition, line.term)
            steps = explain(terms[named], line)
            arises = (steps[-1].result if steps else 0) == line.computed
        except (ArithmeticError, LookupError, StopIteration, TypeError, ValueError):
            arises = False  # what it keeps cannot be read any more
        if not arises:
            statement = line.statement.number or line.statement_id
            yield f"statement {statement}: line {line.position} does not come to its amount again"


@register
def documents_have_their_files() -> Iterator[str]:
    """Every document's file is there, byte for byte."""
    for name in ("StatementDocument", "ReportDocument"):
        for row in _by_key(name):
            if not _has_file(row):
                yield f"{row._meta.db_table} {row.pk}: its file is lost or another"


def _by_key(name: str):
    # The models' own order joins, and so leaves out rows whose parent is gone.
    return apps.get_model("jobs", name).objects.order_by("pk").iterator()


def _has_file(document) -> bool:
    if not is_stored(document.sha256, document.suffix):
        return False
    with default_storage.open(stored_path(document.sha256, document.suffix)) as file:
        content = file.read()
    return (sha256(content).hexdigest(), len(content)) == (document.sha256, document.size)
