"""Parts that Word templates are built from: styles, frames at fixed places, tables, page numbers.

Measures are in millimetres from the edges of the sheet, font sizes in points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from base.documents import with_fixed_dates

FONT = "Arial"  # Liberation Sans has the same measures and stands in where Arial is missing
LANGUAGE = "de-DE"
BUILT = datetime(2024, 1, 1)  # noqa: DTZ001  a fixed date, so that building twice gives the same

A4 = (210, 297)
KEPT_STYLES = {
    "Normal", "Default Paragraph Font", "Table Normal", "Normal Table", "No List", "header",
    "footer", "heading 1", "heading 2",
}  # fmt: skip
UNUSED_PARTS = {
    RELATION.THEME, RELATION.NUMBERING, RELATION.WEB_SETTINGS, RELATION.CUSTOM_XML,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of a table; figures stand to the right."""

    title: str
    width: float
    figures: bool = False

    @property
    def style(self) -> str:
        return "Table Figure" if self.figures else "Table Text"


@dataclass(frozen=True)
class Cell:
    """Paragraphs of (text, style name) in a cell that spans some columns."""

    paragraphs: Sequence[tuple[str, str]]
    span: int = 1


@dataclass(frozen=True)
class Row:
    """A row of a table; a line above sets sums apart."""

    cells: Sequence[Cell]
    line_above: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a head repeated on every page; rows are never split.

    `caption` is what a screen reader says.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row] = field(default_factory=tuple)


def twips(millimetres: float) -> int:
    """Return millimetres in twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def new_document(*, title: str, author: str, margins: tuple[float, float, float, float]):
    """Return an empty German A4 document with a first page of its own; margins as in CSS."""
    document = Document()
    _drop_unused(document)
    _set_language(document)
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in A4)
    sides = ("top_margin", "right_margin", "bottom_margin", "left_margin")
    for side, measure in zip(sides, margins, strict=True):
        setattr(section, side, Mm(measure))
    section.header_distance = section.footer_distance = Mm(12)
    section.different_first_page_header_footer = True
    properties = document.core_properties
    properties.title, properties.author, properties.language = title, author, LANGUAGE
    properties.comments = properties.keywords = properties.last_modified_by = ""
    properties.created = properties.modified = BUILT
    return document


def saved(document: DocumentType) -> bytes:
    """Return the document as a file that depends on nothing but its content."""
    file = BytesIO()
    document.save(file)
    return with_fixed_dates(file.getvalue())


def add_style(
    document: DocumentType,
    name: str,
    *,
    size: float,
    bold: bool = False,
    grey: bool = False,
    right: bool = False,
    before: float = 0,
    after: float = 0,
    line: float | None = None,
    keep_with_next: bool = False,
    page_break: bool = False,
) -> None:
    """Add a paragraph style, or set an existing one; spaces in points, `line` an exact height."""
    styles = document.styles
    if name in [style.name for style in styles]:
        style = styles[name]
        style.element.get_or_add_rPr().clear()
    else:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
    style.quick_style = True
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.color.rgb = RGBColor(0x59, 0x59, 0x59) if grey else RGBColor(0, 0, 0)
    shape = style.paragraph_format
    shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    shape.keep_with_next, shape.page_break_before = keep_with_next, page_break
    if line:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    else:
        shape.line_spacing = 1.0


def add_text(container, text: str, style: str = "Normal") -> Paragraph:
    """Add a paragraph to a document, header or footer."""
    return container.add_paragraph(text, style=style)


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


def head(column: Column) -> Cell:
    """Return the cell at the head of a column."""
    return Cell([(column.title, "Table Head Figure" if column.figures else "Table Head")])


def cells(table: Table, *texts: str) -> Row:
    """Return a row with one text for each column."""
    pairs = zip(texts, table.columns, strict=True)
    return Row([Cell([(text, column.style)]) for text, column in pairs])


def control(table: Table, statement: str) -> Row:
    """Return a row that holds a statement of the template language and disappears."""
    return Row([Cell([("{%tr " + statement + " %}", "Table Text")], span=len(table.columns))])


def add_table(document: DocumentType, table: Table, rows: Sequence[Row]) -> None:
    """Add a table with its head and these rows."""
    body = document.element.body
    element = parse_xml(_table_xml(table))
    for number, row in enumerate([Row([head(c) for c in table.columns]), *rows]):
        element.append(_row(table, row, is_head=number == 0))
    body.insert(body.index(body.sectPr), element)


def _table_xml(table: Table) -> str:
    grid = "".join(f'<w:gridCol w:w="{twips(column.width)}"/>' for column in table.columns)
    width = sum(twips(column.width) for column in table.columns)
    return (
        f"<w:tbl {nsdecls('w')}><w:tblPr>"
        f'<w:tblW w:w="{width}" w:type="dxa"/>'
        '<w:tblBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="404040"/>'
        '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="BFBFBF"/></w:tblBorders>'
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="57" w:type="dxa"/>'
        '<w:bottom w:w="40" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f'<w:tblCaption w:val="{table.caption}"/>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid></w:tbl>"
    )


def _row(table: Table, row: Row, *, is_head: bool):
    repeated = "<w:tblHeader/>" if is_head else ""
    element = parse_xml(f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/>{repeated}</w:trPr></w:tr>")
    place = 0
    for cell in row.cells:
        spanned = table.columns[place : place + cell.span]
        width = sum(twips(column.width) for column in spanned)
        element.append(_cell(cell, width, is_head=is_head, above=row.line_above))
        place += cell.span
    return element


def _cell(cell: Cell, width: int, *, is_head: bool, above: bool):
    span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
    line = '<w:top w:val="single" w:sz="8" w:space="0" w:color="404040"/>' if above else ""
    borders = f"<w:tcBorders>{line}</w:tcBorders>" if line else ""
    shading = '<w:shd w:val="clear" w:color="auto" w:fill="EDEDED"/>' if is_head else ""
    vertical = '<w:vAlign w:val="bottom"/>' if is_head else ""
    element = parse_xml(
        f"<w:tc {nsdecls('w')}><w:tcPr>"
        f'<w:tcW w:w="{width}" w:type="dxa"/>{span}{borders}{shading}{vertical}</w:tcPr></w:tc>'
    )
    for text, style in cell.paragraphs:
        paragraph = parse_xml(
            f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/></w:pPr></w:p>'
        )
        element.append(paragraph)
        Paragraph(paragraph, None).add_run(text)
    return element


def _drop_unused(document: DocumentType) -> None:
    """Leave out what python-docx's own template brings along: 90 % of its size."""
    package = document.part.package
    for relations, unused in (
        (document.part.rels, UNUSED_PARTS),
        (package.rels, {RELATION.THUMBNAIL}),
    ):
        for key in [key for key, relation in relations.items() if relation.reltype in unused]:
            relations.pop(key)
    styles = document.styles.element
    for style in styles.findall(qn("w:style")):
        if style.name_val not in KEPT_STYLES:
            styles.remove(style)
    for latent in styles.findall(qn("w:latentStyles")):
        styles.remove(latent)


def _set_language(document: DocumentType) -> None:
    """German for spelling and for screen readers; fonts by name, not by theme."""
    defaults = document.styles.element.find(qn("w:docDefaults"))
    run = defaults.find(qn("w:rPrDefault")).find(qn("w:rPr"))
    run.clear()
    names = " ".join(f'w:{script}="{FONT}"' for script in ("ascii", "hAnsi", "eastAsia", "cs"))
    run.append(parse_xml(f"<w:rFonts {nsdecls('w')} {names}/>"))
    run.append(
        parse_xml(
            f'<w:lang {nsdecls("w")} w:val="{LANGUAGE}" w:eastAsia="{LANGUAGE}" w:bidi="ar-SA"/>'
        )
    )
    settings = document.settings.element
    for name in ("w:themeFontLang", "w:clrSchemeMapping"):
        for element in settings.findall(qn(name)):
            settings.remove(element)
    section = document.sections[0]._sectPr
    for grid in section.findall(qn("w:docGrid")):
        section.remove(grid)
