"""The document of a report version: figures of a half-year, assessment and reply."""

from collections.abc import Mapping

from docx.document import Document
from docx.shared import Mm

from base.documents.building.document import new_document, saved
from base.documents.building.paragraphs import (
    add_page_number,
    add_statement,
    add_text,
    block,
    emptied,
    indent,
    line_above,
)
from base.documents.building.tables import Cell, Column, Row, Table, add_table
from jobs.documents.layouts.styles import add_styles

MARGINS = (25, 20, 25, 25)
LABELS = 35  # millimetres, the width of the labels below the title
RULED_LINES = 9  # to write on, where nothing was written yet

GROUPS = Table(
    "Fälle und Aufwand nach Hilfebedarfsgruppen",
    (
        Column("Hilfebedarfsgruppe", 73),
        Column("bearbeitet", 21, figures=True),
        Column("abgeschlossen", 27, figures=True),
        Column("Stunden", 20, figures=True),
        Column("Ø Stunden je Fall", 24, figures=True),
    ),
)
GROUP_FIGURES = ("processed", "closed", "hours", "average")

MODULES = Table(
    "Stunden nach Modulen",
    (
        Column("Modul", 75),
        Column("Fälle", 16, figures=True),
        Column("Einzelstunden", 25, figures=True),
        Column("Gruppensitzungen", 29, figures=True),
        Column("Stunden", 20, figures=True),
    ),
)
MODULE_FIGURES = ("cases", "individual_hours", "group_sessions", "hours")


def report_template() -> bytes:
    """Return the document of a report version."""
    document = new_document(title="{{ title }}", author="{{ provider.name }}", margins=MARGINS)
    add_styles(document)
    _heads_and_feet(document)
    _heading(document)
    _groups(document)
    _modules(document)
    _self_initiated(document)
    _text_or_ruled_space(
        document,
        "4  Gemeinsame Beurteilung und vorgeschlagene Änderungen",
        "assessment",
        parts={"paragraphs": "", "proposals": "Vorgeschlagene Änderungen"},
    )
    _text_or_ruled_space(
        document, "5  Stellungnahme: {{ body.name }}", "reply", parts={"paragraphs": ""}
    )
    return saved(document)


def _heads_and_feet(document: Document) -> None:
    section = document.sections[0]
    add_text(emptied(section.first_page_header), "{{ provider.name }}", "Header")
    add_text(emptied(section.header), "{{ title }} · Vertrag {{ contract.number }}", "Header")
    for footer in (section.first_page_footer, section.footer):
        add_page_number(add_text(emptied(footer), "", "Page Number"))


def _heading(document: Document) -> None:
    add_text(document, "{{ title }}", "Report Title")
    rows = {
        "Vertrag": "{{ contract.number }} – {{ contract.title }}",
        "Träger": "{{ provider.name }}",
        "Auftraggeber": "{{ body.name }}",
        "Zeitraum": "{{ period }}",
        "Stichtag": "{{ reference_date }}",
        "vorzulegen bis": "{{ due_on }}",
        "Fassung": "{{ version }} vom {{ date }}",
    }
    for label, text in rows.items():
        row = add_text(document, f"{label}:\t{text}")
        shape = indent(row, LABELS, hanging=LABELS, tab=LABELS).paragraph_format
        shape.space_after = Mm(0.8)


def _groups(document: Document) -> None:
    row = GROUPS.row("{{ group.name }}", *_figures("group", GROUP_FIGURES))
    total = [Cell([("Gesamt", "Table Sum")])]
    total += [Cell([(text, "Table Sum Figure")]) for text in _figures("total", GROUP_FIGURES)]
    add_text(document, "1  Fälle und Aufwand nach Hilfebedarfsgruppen", "Heading 2")
    groups = GROUPS.block("for group in groups", row)
    add_table(document, GROUPS, [*groups, Row(total, line_above=True)])
    note = add_text(
        document,
        "Im Zeitraum neu zugewiesen: {{ total.new }}. Ø Stunden je Fall sind die Stunden geteilt "
        "durch die bearbeiteten Fälle, auf zwei Stellen gerundet.",
        "Table Detail",
    )
    note.paragraph_format.space_before = Mm(1.5)


def _modules(document: Document) -> None:
    row = MODULES.row("{{ module.name }}", *_figures("module", MODULE_FIGURES))
    add_text(document, "2  Stunden nach Modulen", "Heading 2")
    add_table(document, MODULES, MODULES.block("for module in modules", row))


def _figures(owner: str, names: tuple[str, ...]) -> list[str]:
    return ["{{ " + f"{owner}.{name}" + " }}" for name in names]


def _self_initiated(document: Document) -> None:
    add_text(document, "3  Selbst initiierte Fälle", "Heading 2")
    add_text(
        document,
        "Fälle ohne Vereinbarung mit dem Auftraggeber sind oben nicht enthalten: bearbeitet "
        "{{ self_initiated.processed }}, abgeschlossen {{ self_initiated.closed }}, Stunden "
        "{{ self_initiated.hours }}.",
    )


def _text_or_ruled_space(
    document: Document, heading: str, name: str, *, parts: Mapping[str, str]
) -> None:
    """A heading and what was written; as long as nothing is, lines to write on and to sign.

    `parts` are the lists of paragraphs with their own headings, empty for none.
    """
    add_text(document, heading, "Heading 2")
    with block(document, f"if {name}"):
        for part, title in parts.items():
            with block(document, f"if {name}.{part}"):
                if title:
                    add_text(document, title, "Heading 3")
                with block(document, f"for paragraph in {name}.{part}"):
                    add_text(document, "{{ paragraph }}")
        add_text(document, f"{{{{ {name}.signed }}}}", "Table Detail")
        add_statement(document, "else")
        for _row in range(RULED_LINES):
            row = line_above(add_text(document, "", "Ruled"), ruled=True)
            row.paragraph_format.keep_with_next = True
        signature = add_text(document, "Ort, Datum, Unterschrift:", "Table Detail")
        signature.paragraph_format.space_before = Mm(4)
