"""Documents: a Word template and plain data become the bytes of a .docx file.

    template + context -> `rendering` -> bytes -> `files` keeps them under their hash

The same template and context always give the same bytes. The templates that Fallwerk brings are
built by code from the parts in `building`; they are ordinary Word files, and an installation may
put edited ones in their place.
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
