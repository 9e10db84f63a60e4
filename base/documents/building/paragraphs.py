"""Paragraphs of a template: text, what the template language asks, fixed places, page numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docx.text.paragraph import Paragraph


def twips(millimetres: float) -> int:
    """Return millimetres in twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def add_text(container, text: str, style: str = "Normal") -> Paragraph:
    """Add a paragraph to a document, header or footer."""
    return container.add_paragraph(text, style=style)


def add_statement(container, statement: str, style: str = "Normal") -> Paragraph:
    """Add a statement of the template language; its paragraph disappears."""
    return add_text(container, "{%p " + statement + " %}", style)


@contextmanager
def block(container, statement: str, style: str = "Normal") -> Iterator[None]:
    """Begin a block of the template language ("if …", "for …"); its end is added on leaving."""
    add_statement(container, statement, style)
    yield
    add_statement(container, f"end{statement.split()[0]}", style)


def emptied(part):
    """Return a header or footer of its own, without the paragraph it comes with."""
    part.is_linked_to_previous = False
    for paragraph in list(part.paragraphs):
        paragraph._element.getparent().remove(paragraph._element)
    return part


def put(paragraph: Paragraph, *, x: float, y: float, width: float, height: float) -> Paragraph:
    """Put a paragraph at a fixed place on the sheet; neighbours with the same place join it."""
    frame = OxmlElement("w:framePr")
    measures = {"w": width, "h": height, "x": x, "y": y}
    for name, measure in measures.items():
        frame.set(qn(f"w:{name}"), str(twips(measure)))
    for name, value in {
        "hRule": "exact", "wrap": "around", "hAnchor": "page", "vAnchor": "page",
        "hSpace": "0", "vSpace": "0",
    }.items():  # fmt: skip
        frame.set(qn(f"w:{name}"), value)
    properties = paragraph._p.get_or_add_pPr()
    style = properties.find(qn("w:pStyle"))
    properties.insert(0 if style is None else 1, frame)
    return paragraph


def indent(paragraph: Paragraph, left: float, *, hanging: float = 0, tab: float = 0) -> Paragraph:
    """Indent a paragraph; its first line by `hanging` less; with a tabulator at `tab`."""
    shape = paragraph.paragraph_format
    shape.left_indent = Mm(left)
    if hanging:
        shape.first_line_indent = Mm(-hanging)
    if tab:
        shape.tab_stops.add_tab_stop(Mm(tab))
    return paragraph


def line_above(paragraph: Paragraph, *, ruled: bool = False) -> Paragraph:
    """Draw a thin line above a paragraph; `ruled` also where its neighbour has one."""
    sides = ("top", "between") if ruled else ("top",)
    lines = "".join(f'<w:{s} w:val="single" w:sz="4" w:space="0" w:color="808080"/>' for s in sides)
    border = parse_xml(f"<w:pBdr {nsdecls('w')}>{lines}</w:pBdr>")
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )
    return paragraph


def add_page_number(paragraph: Paragraph) -> None:
    """Add "Seite x von y" in real fields."""
    for text, name in (("Seite ", "PAGE"), (" von ", "NUMPAGES")):
        paragraph.add_run(text)
        simple = parse_xml(
            f'<w:fldSimple {nsdecls("w")} w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        )
        paragraph._p.append(simple)
