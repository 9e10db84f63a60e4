"""Build the template of filled forms: `python -m forms.documents.build_template [FOLDER]`.

What is built is an ordinary Word file that whoever manages forms can replace. The words in
{{ … }} and {% … %} are variables and conditions; `forms/documents/filled_form.py` says which.
"""

import sys
from pathlib import Path

from docx.document import Document

from base.documents.building.document import add_style, new_document, saved
from base.documents.building.paragraphs import (
    add_page_number,
    add_statement,
    add_text,
    block,
    emptied,
    indent,
)

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents"
NAME = "filled_form.docx"
MARGINS = (25, 20, 25, 25)
LABELS = 60  # millimetres, the width of the column of labels
LINE = 1.1  # lines a little further apart than in letters: forms are worked with

STYLES: dict[str, dict] = {
    "Normal": {"size": 10, "after": 4},
    "Header": {"size": 8, "grey": True},
    "Footer": {"size": 8, "grey": True},
    "Form Title": {"size": 16, "bold": True, "after": 8},
    "Form Draft": {"size": 11, "bold": True, "after": 6},
    "Form Detail": {"size": 9, "after": 1},
    "Form Section": {"size": 12, "bold": True, "before": 12, "after": 4, "keep_with_next": True},
    "Form Label": {"size": 9, "grey": True, "before": 4, "after": 1, "keep_with_next": True},
    "Form Signature": {"size": 9, "grey": True, "before": 40},
    "Form Note": {"size": 8, "grey": True, "before": 12},
}

DETAILS = {
    "Kooperationspartner": "{{ provider.name }}",
    "": "{{ provider.street }}, {{ provider.city }}",
    "Telefon, E-Mail": "{{ provider.phone }}, {{ provider.email }}",
    "Auftraggeber": "{{ body.name }}",
    "Vertrag": "{{ contract }}",
    "Aktenzeichen": "{{ reference }}",
    "Stand": "{{ state }}",
}
"""What stands above the answers, by its label."""

WITHHELD = (
    "Angaben, die nur für die Beratungsstelle bestimmt sind, stehen nicht in diesem Dokument."
)


def form_template() -> bytes:
    """Return the template of a filled form."""
    document = new_document(
        title="{{ title }}", author="{{ provider.name }}", margins=MARGINS, first_page_apart=False
    )
    for name, shape in STYLES.items():
        add_style(document, name, line=LINE, **shape)
    _running_lines(document)
    add_text(document, "{{ title }}", "Form Title")
    with block(document, "if draft"):
        add_text(document, "Entwurf – nicht eingereicht", "Form Draft")
    for label, text in DETAILS.items():
        _add_labelled(document, label, text, "Form Detail")
    with block(document, "if reason"):
        _add_labelled(document, "Grund der Berichtigung", "{{ reason }}", "Form Detail")
    add_text(document, "", "Form Detail")
    _answers(document)
    with block(document, "if withheld"):
        add_text(document, WITHHELD, "Form Note")
    add_text(document, "Ort, Datum, Unterschrift:", "Form Signature")
    return saved(document)


def build(folder: Path = FOLDER) -> None:
    """Write the template into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(form_template())


def _running_lines(document: Document) -> None:
    section = document.sections[0]
    add_text(emptied(section.header), "{{ provider.name }}", "Header")
    add_page_number(add_text(emptied(section.footer), "{{ title }} · {{ reference }} · ", "Footer"))


def _add_labelled(document: Document, label: str, text: str, style: str) -> None:
    """Add label and text in two columns; a long text stays in its own."""
    paragraph = add_text(document, f"{label}\t{text}", style)
    indent(paragraph, LABELS, hanging=LABELS, tab=LABELS)


def _answers(document: Document) -> None:
    with block(document, "for section in sections"):
        with block(document, "if section.heading"):
            add_text(document, "{{ section.heading }}", "Form Section")
        with block(document, "for field in section.fields"):
            with block(document, "if field.long"):
                add_text(document, "{{ field.label }}", "Form Label")
                add_text(document, "{{ field.value }}")
                add_statement(document, "else")
                _add_labelled(document, "{{ field.label }}", "{{ field.value }}", "Normal")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
