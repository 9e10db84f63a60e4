"""Tables of a template: a head repeated on every page, rows that are never split.

A layout that has tables defines the styles "Table Text", "Table Figure", "Table Head" and
"Table Head Figure".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph

from base.documents.building.paragraphs import twips


@dataclass(frozen=True)
class Column:
    """A column of a table, `width` in millimetres; figures stand to the right."""

    title: str
    width: float
    figures: bool = False

    @property
    def style(self) -> str:
        """The style of its cells below the head."""
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
    """The columns of a table; `caption` is what a screen reader says."""

    caption: str
    columns: Sequence[Column]

    def row(self, *contents: str | Cell) -> Row:
        """Return a row with one text, or one cell made before, for each column."""
        pairs = zip(contents, self.columns, strict=True)
        return Row([c if isinstance(c, Cell) else Cell([(c, column.style)]) for c, column in pairs])

    def statement(self, statement: str) -> Row:
        """Return a row that holds a statement of the template language and disappears."""
        text = "{%tr " + statement + " %}"
        return Row([Cell([(text, "Table Text")], span=len(self.columns))])

    def block(self, statement: str, *rows: Row) -> list[Row]:
        """Return rows inside a block of the template language ("if …", "for …")."""
        return [self.statement(statement), *rows, self.statement(f"end{statement.split()[0]}")]


def add_table(document: Document, table: Table, rows: Sequence[Row]) -> None:
    """Add a table with its head and these rows."""
    body = document.element.body
    element = parse_xml(_table_xml(table))
    for number, row in enumerate([Row([_head(c) for c in table.columns]), *rows]):
        element.append(_row(table, row, is_head=number == 0))
    body.insert(body.index(body.sectPr), element)


def _head(column: Column) -> Cell:
    return Cell([(column.title, "Table Head Figure" if column.figures else "Table Head")])


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
