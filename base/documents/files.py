"""Files kept under the SHA-256 of their content, in the default storage: letters, evidence."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

DOCX = ".docx"
PDF = ".pdf"
TYPES = {
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    PDF: "application/pdf",
}
"""Media types of documents, by the ending of the file."""


def stored_path(sha256: str, suffix: str = DOCX) -> str:
    """Return where in the default storage the file with this hash is kept."""
    return f"documents/{sha256[:2]}/{sha256}{suffix}"


def store(content: bytes, suffix: str = DOCX) -> str:
    """Keep a file under its SHA-256 and return that. A file cut off by a crash is written again."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = stored_path(sha256, suffix)
    if default_storage.exists(path):
        if default_storage.size(path) == len(content):
            return sha256
        default_storage.delete(path)
    saved = default_storage.save(path, ContentFile(content))
    if saved != path:  # another process was quicker: one copy is enough
        default_storage.delete(saved)
    return sha256


def is_stored(sha256: str, suffix: str = DOCX) -> bool:
    """Tell whether the file with this hash is there."""
    return default_storage.exists(stored_path(sha256, suffix))
