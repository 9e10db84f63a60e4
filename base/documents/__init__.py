"""Documents: a Word template and plain data become the bytes of a .docx file.

    template + context -> `rendering` -> bytes -> `files` keeps them under their hash

The same template and context always give the same bytes. Templates are Word files that a word
processor edits; an installation may put its own in the place of those that Fallwerk brings.
"""

from base.documents.files import DOCX_TYPE, is_stored, store, stored_path
from base.documents.rendering import DocumentError, find_template, render

__all__ = [
    "DOCX_TYPE",
    "DocumentError",
    "find_template",
    "is_stored",
    "render",
    "store",
    "stored_path",
]
