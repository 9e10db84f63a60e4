"""The sheet that a template is built on: German, A4, without what python-docx brings along."""

from datetime import datetime
from io import BytesIO

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Length, Mm, Pt, RGBColor

from base.documents.reproducible import with_fixed_dates

FONT = "Arial"  # Liberation Sans has the same measures and stands in where Arial is missing
LANGUAGE = "de-DE"
BUILT = datetime(2024, 1, 1)  # noqa: DTZ001  a fixed date, so that building twice gives the same
GREY, BLACK = RGBColor(0x59, 0x59, 0x59), RGBColor(0, 0, 0)

A4 = (210, 297)
KEPT_STYLES = {
    "Normal", "Default Paragraph Font", "Table Normal", "Normal Table", "No List", "header",
    "footer", "heading 1", "heading 2",
}  # fmt: skip
UNUSED_PARTS = {
    RELATION.THEME, RELATION.NUMBERING, RELATION.WEB_SETTINGS, RELATION.CUSTOM_XML,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
}  # fmt: skip


def new_document(
    *,
    title: str,
    author: str,
    margins: tuple[float, float, float, float],
    first_page_apart: bool = True,
) -> DocumentType:
    """Return an empty German A4 document; margins in millimetres, in the order of CSS.

    `first_page_apart`: header and footer of the first page are its own.
    """
    document = Document()
    _drop_unused(document)
    _set_language(document)
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in A4)
    sides = ("top_margin", "right_margin", "bottom_margin", "left_margin")
    for side, measure in zip(sides, margins, strict=True):
        setattr(section, side, Mm(measure))
    section.header_distance = section.footer_distance = Mm(12)
    section.different_first_page_header_footer = first_page_apart
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
    line: float | Length = 1.0,
    keep_with_next: bool = False,
    page_break: bool = False,
) -> None:
    """Add a paragraph style, or set an existing one; size and spaces in points.

    `line` is the height of a line: how many times the font's own, or an exact length.
    """
    styles = document.styles
    if name in [style.name for style in styles]:
        style = styles[name]
        style.element.get_or_add_rPr().clear()
    else:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
    style.quick_style = True
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.color.rgb = GREY if grey else BLACK
    shape = style.paragraph_format
    shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    if isinstance(line, Length):
        shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = line
    shape.keep_with_next, shape.page_break_before = keep_with_next, page_break


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
