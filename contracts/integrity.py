"""Checks of files; run by `manage.py check_history`."""

from collections.abc import Iterator
from hashlib import sha256

from django.apps import apps
from django.core.files.storage import default_storage

from base.documents import is_stored, stored_path
from base.integrity import register
from base.seals import seal_of


@register
def evidence_has_its_files() -> Iterator[str]:
    """Every file kept as evidence is there, byte for byte; withdrawn ones too."""
    for evidence in apps.get_model("contracts", "Evidence").objects.order_by("pk").iterator():
        if not _has_file(evidence):
            yield f"{evidence._meta.db_table} {evidence.pk}: its file is lost or another"


@register
def files_of_contracts_are_there() -> Iterator[str]:
    """Every file that contracts have as an annex is there, byte for byte, under its key."""
    for file in apps.get_model("contracts", "ContractFile").objects.order_by("pk").iterator():
        if not _has_file(file) or not file.sha256.startswith(file.key):
            yield f"{file._meta.db_table} {file.pk}: its file is lost or another"


@register
def adaptations_match_their_seals() -> Iterator[str]:
    """Every adaptation of an annex says what was agreed."""
    rows = apps.get_model("contracts", "AnnexAdaptation").objects.order_by("pk")
    for adaptation in rows.iterator():
        if seal_of(adaptation.sealed()) != adaptation.seal:
            yield f"{adaptation._meta.db_table} {adaptation.pk}: it does not match its seal"


@register
def signed_texts_match_their_seals() -> Iterator[str]:
    """Every text that was presented for signature says what it said then."""
    for signing in apps.get_model("contracts", "Signing").objects.order_by("pk").iterator():
        if seal_of(signing.sealed()) != signing.seal:
            yield f"{signing._meta.db_table} {signing.pk}: its text does not match its seal"


def _has_file(evidence) -> bool:
    if not is_stored(evidence.sha256, evidence.suffix):
        return False
    with default_storage.open(stored_path(evidence.sha256, evidence.suffix)) as file:
        content = file.read()
    return (sha256(content).hexdigest(), len(content)) == (evidence.sha256, evidence.size)
