"""A letter by DIN 5008, form B: what stands at its fixed places.

Address field of 85 × 45 mm at 45 mm from the top and 20 mm from the left, information block
beside it, subject from 98.46 mm on, fold marks at 105 and 210 mm, hole mark at 148.5 mm, margins
of 25 mm to the left and 20 mm to the right.
"""

from collections.abc import Sequence

from docx.document import Document
from docx.shared import Mm

from base.documents.building.paragraphs import (
    add_page_number,
    add_text,
    block,
    emptied,
    indent,
    line_above,
    put,
)

TOP, RIGHT, BOTTOM, LEFT = MARGINS = (32, 20, 32, 25)
SUBJECT_FROM = 98.46
ADDRESS_FIELD = {"x": 20, "width": 85}
INSET = 5  # the text of the address field begins at the left margin
SENDER_ZONE = {"y": 45, "height": 17.7}
SENDER_LINE = 4.2  # what the line of the sender takes at the foot of its zone
ADDRESS_ZONE = {"y": 62.7, "height": 27.3}
INFORMATION = {"x": 125, "y": 50, "width": 75, "height": 40}
INFORMATION_LABELS = 22  # the width of the labels in the information block
MARKS = {105: 4, 148.5: 7, 210: 4}
"""Millimetres from the top, and how long the mark is."""


def add_letterhead(document: Document) -> None:
    """Add the head of the first page: fold and hole marks, and who writes."""
    header = emptied(document.sections[0].first_page_header)
    for y, length in MARKS.items():
        mark = line_above(add_text(header, "", "Mark"))
        put(mark, x=5, y=y, width=length, height=0.5)
    add_text(header, "{{ creditor.name }}", "Letterhead")
    add_text(header, "{{ creditor.place }}", "Header")
    add_text(header, "{{ creditor.contact }}", "Header")


def add_feet(document: Document) -> None:
    """Add the foot of every page: sender, account, page number."""
    section = document.sections[0]
    for footer in (section.first_page_footer, section.footer):
        emptied(footer)
        line_above(add_text(footer, "{{ creditor.sender }}", "Footer"))
        with block(footer, "if creditor.iban", "Footer"):
            account = "Bankverbindung: {{ creditor.name }} · IBAN {{ creditor.iban }}"
            add_text(footer, account, "Footer")
        add_page_number(add_text(footer, "", "Page Number"))


def add_address(document: Document) -> None:
    """Add the address field: a line with the sender above the lines of the recipient."""
    sender = add_text(document, "{{ creditor.sender }}", "Sender")
    sender.paragraph_format.space_before = Mm(SENDER_ZONE["height"] - SENDER_LINE)
    put(indent(sender, INSET), **ADDRESS_FIELD, **SENDER_ZONE)
    for text in ("{%p for line in debtor.address %}", "{{ line }}", "{%p endfor %}"):
        line = indent(add_text(document, text, "Address"), INSET)
        put(line, **ADDRESS_FIELD, **ADDRESS_ZONE)


def add_information(document: Document, rows: Sequence[str]) -> None:
    """Add the information block; a row is a label and what it says, with a tabulator between."""
    for text in rows:
        row = add_text(document, text, "Information")
        width = INFORMATION_LABELS
        put(indent(row, width, hanging=width, tab=width), **INFORMATION)


def add_space_above_subject(document: Document) -> None:
    """Add what lies between the top margin and the subject, below the fields at fixed places."""
    spacer = add_text(document, "", "Spacer")
    spacer.paragraph_format.space_before = Mm(SUBJECT_FROM - TOP)
