"""Documents: a Word template and plain data become the bytes of a .docx file, and of a PDF.

    template + context -> `rendering` -> .docx -> `pdf` -> PDF; `files` keeps both by their hash

The same template and context always give the same bytes. Templates are Word files that a word
processor edits; an installation may put its own in the place of those that Fallwerk brings.
"""

from base.documents.files import DOCX, PDF, TYPES, is_stored, store, stored_path
from base.documents.pdf import PdfError, to_pdf
from base.documents.rendering import DocumentError, find_template, render

__all__ = [
    "DOCX",
    "PDF",
    "TYPES",
    "DocumentError",
    "PdfError",
    "find_template",
    "is_stored",
    "render",
    "store",
    "stored_path",
    "to_pdf",
]
