"""The styles of statements and reports."""

from docx.document import Document
from docx.shared import Mm, Pt

from base.documents.building.document import add_style


def add_styles(document: Document) -> None:
    """Add the styles of all layouts, those of tables included."""
    add_style(document, "Normal", size=10, after=6)
    add_style(document, "Header", size=8, grey=True)
    add_style(document, "Footer", size=8, grey=True)
    add_style(document, "Page Number", size=8, grey=True, right=True)
    add_style(document, "Letterhead", size=15, bold=True)
    add_style(document, "Draft", size=11, bold=True, after=6)
    add_style(document, "Draft Mark", size=11, bold=True, right=True)
    add_style(document, "Sender", size=7, line=Mm(4))
    add_style(document, "Address", size=10.5, line=Pt(12.8))
    add_style(document, "Information", size=9, after=1)
    add_style(document, "Mark", size=1, line=Pt(1))
    add_style(document, "Spacer", size=1, line=Pt(1))
    add_style(document, "Report Title", size=18, bold=True, before=6, after=10)
    add_style(document, "Subject", size=11, bold=True, after=12, keep_with_next=True)
    add_style(
        document, "Heading 1", size=13, bold=True, after=6, page_break=True, keep_with_next=True
    )
    add_style(document, "Heading 2", size=11, bold=True, before=14, after=6, keep_with_next=True)
    add_style(document, "Heading 3", size=10, bold=True, before=6, after=3, keep_with_next=True)
    add_style(document, "Kept", size=10, after=6, keep_with_next=True)
    add_style(document, "Table Head", size=8.5, bold=True, keep_with_next=True)
    add_style(document, "Table Head Figure", size=8.5, bold=True, right=True, keep_with_next=True)
    add_style(document, "Table Text", size=9)
    add_style(document, "Table Figure", size=9, right=True)
    add_style(document, "Table Detail", size=8, grey=True)
    add_style(document, "Table Sum", size=9.5, bold=True, keep_with_next=True)
    add_style(document, "Table Sum Figure", size=9.5, bold=True, right=True, keep_with_next=True)
    add_style(document, "Table Instalment", size=9, keep_with_next=True)
    add_style(document, "Table Instalment Figure", size=9, right=True, keep_with_next=True)
    add_style(document, "Ruled", size=9, line=Mm(8.5))
