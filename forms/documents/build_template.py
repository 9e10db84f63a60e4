"""Build the template of filled forms: `python -m forms.documents.build_template [FOLDER]`.

What is built is an ordinary Word file that whoever manages forms can replace. The words in
{{ … }} and {% … %} are variables and conditions; `forms/documents/filled_form.py` says which.
"""

import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from base.documents import with_fixed_dates

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents"
NAME = "filled_form.docx"
FONT, LANGUAGE = "Arial", "de-DE"
BUILT = datetime(2024, 1, 1)  # noqa: DTZ001  a fixed date, so that building twice gives the same
LABELS = 60  # millimetres, the width of the column of labels

STYLES: dict[str, dict] = {
    "Normal": {"size": 10, "after": 4},
    "Header": {"size": 8, "grey": True},
    "Footer": {"size": 8, "grey": True},
    "Form Title": {"size": 16, "bold": True, "after": 8},
    "Form Draft": {"size": 11, "bold": True, "after": 6},
    "Form Detail": {"size": 9, "after": 1},
    "Form Section": {"size": 12, "bold": True, "before": 12, "after": 4, "kept": True},
    "Form Label": {"size": 9, "grey": True, "before": 4, "after": 1, "kept": True},
    "Form Signature": {"size": 9, "grey": True, "before": 40},
    "Form Note": {"size": 8, "grey": True, "before": 12},
}


def form_template() -> bytes:
    """Return the template of a filled form."""
    document = _empty()
    _running_lines(document)
    document.add_paragraph("{{ title }}", style="Form Title")
    _when(document, "draft", "Entwurf – nicht eingereicht", "Form Draft")
    for label, text in {
        "Kooperationspartner": "{{ provider.name }}",
        "": "{{ provider.street }}, {{ provider.city }}",
        "Telefon, E-Mail": "{{ provider.phone }}, {{ provider.email }}",
        "Auftraggeber": "{{ body.name }}",
        "Vertrag": "{{ contract }}",
        "Aktenzeichen": "{{ reference }}",
        "Stand": "{{ state }}",
    }.items():
        _labelled(document, label, text, "Form Detail")
    _control(document, "if reason")
    _labelled(document, "Grund der Berichtigung", "{{ reason }}", "Form Detail")
    _control(document, "endif")
    document.add_paragraph("", style="Form Detail")
    _answers(document)
    note = (
        "Angaben, die nur für die Beratungsstelle bestimmt sind, stehen nicht in diesem Dokument."
    )
    _when(document, "withheld", note, "Form Note")
    document.add_paragraph("Ort, Datum, Unterschrift:", style="Form Signature")
    return _saved(document)


def build(folder: Path = FOLDER) -> None:
    """Write the template into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(form_template())


def _empty() -> DocumentType:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.left_margin = Mm(25)
    section.right_margin = Mm(20)
    section.header_distance = section.footer_distance = Mm(12)
    properties = document.core_properties
    properties.title, properties.author = "{{ title }}", "{{ provider.name }}"
    properties.comments = properties.keywords = properties.last_modified_by = ""
    properties.language = LANGUAGE
    properties.created = properties.modified = BUILT
    for name, shape in STYLES.items():
        _add_style(document, name, **shape)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    return document


def _add_style(document, name, *, size, bold=False, grey=False, before=0, after=0, kept=False):
    styles = document.styles
    known = name in [style.name for style in styles]
    style = styles[name] if known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if not known:
        style.base_style = styles["Normal"]
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.color.rgb = RGBColor(0x59, 0x59, 0x59) if grey else RGBColor(0, 0, 0)
    shape = style.paragraph_format
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    shape.keep_with_next, shape.line_spacing = kept, 1.1


def _running_lines(document: DocumentType) -> None:
    section = document.sections[0]
    section.header.paragraphs[0].add_run("{{ provider.name }}")
    footer = section.footer.paragraphs[0]
    footer.add_run("{{ title }} · {{ reference }} · Seite ")
    for name, text in (("PAGE", " von "), ("NUMPAGES", "")):
        number = f'<w:fldSimple {nsdecls("w")} w:instr=" {name} "><w:r><w:t>1</w:t></w:r>'
        footer._p.append(parse_xml(f"{number}</w:fldSimple>"))
        footer.add_run(text)


def _control(document: DocumentType, statement: str) -> None:
    """Add a statement of the template language; its paragraph disappears."""
    document.add_paragraph("{%p " + statement + " %}")


def _when(document: DocumentType, condition: str, text: str, style: str) -> None:
    _control(document, f"if {condition}")
    document.add_paragraph(text, style=style)
    _control(document, "endif")


def _labelled(document: DocumentType, label: str, text: str, style: str) -> None:
    """Add label and text in two columns; a long text stays in its own."""
    paragraph = document.add_paragraph(f"{label}\t{text}", style=style)
    shape = paragraph.paragraph_format
    shape.left_indent, shape.first_line_indent = Mm(LABELS), Mm(-LABELS)
    shape.tab_stops.add_tab_stop(Mm(LABELS))


def _answers(document: DocumentType) -> None:
    _control(document, "for section in sections")
    _when(document, "section.heading", "{{ section.heading }}", "Form Section")
    _control(document, "for field in section.fields")
    _control(document, "if field.long")
    document.add_paragraph("{{ field.label }}", style="Form Label")
    document.add_paragraph("{{ field.value }}")
    _control(document, "else")
    _labelled(document, "{{ field.label }}", "{{ field.value }}", "Normal")
    _control(document, "endif")
    _control(document, "endfor")
    _control(document, "endfor")


def _saved(document: DocumentType) -> bytes:
    file = BytesIO()
    document.save(file)
    return with_fixed_dates(file.getvalue())


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
