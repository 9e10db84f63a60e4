"""Checks of files; run by `manage.py check_history`."""

from collections.abc import Iterator
from hashlib import sha256

from django.apps import apps
from django.core.files.storage import default_storage

from base.documents import is_stored, stored_path
from base.integrity import register


@register
def evidence_has_its_files() -> Iterator[str]:
    """Every file kept as evidence is there, byte for byte; withdrawn ones too."""
    for evidence in apps.get_model("contracts", "Evidence").objects.order_by("pk").iterator():
        if not _has_file(evidence):
            yield f"{evidence._meta.db_table} {evidence.pk}: its file is lost or another"


def _has_file(evidence) -> bool:
    if not is_stored(evidence.sha256, evidence.suffix):
        return False
    with default_storage.open(stored_path(evidence.sha256, evidence.suffix)) as file:
        content = file.read()
    return (sha256(content).hexdigest(), len(content)) == (evidence.sha256, evidence.size)
