"""Checks that what was sealed is still what it was; run by `manage.py check_history`."""

from collections.abc import Iterator
from hashlib import sha256

from django.apps import apps
from django.core.files.storage import default_storage

from base.documents import is_stored, stored_path
from base.integrity import register


@register
def statements_and_reports_match_their_seals() -> Iterator[str]:
    """Every issued statement and every report version is what it was."""
    for name in ("Statement", "ReportVersion"):
        for row in _by_key(name):
            yield from row.problems()


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
    if not is_stored(document.sha256):
        return False
    with default_storage.open(stored_path(document.sha256)) as file:
        content = file.read()
    return (sha256(content).hexdigest(), len(content)) == (document.sha256, document.size)
