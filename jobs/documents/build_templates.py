"""Build the templates of the documents: `python -m jobs.documents.build_templates [FOLDER]`.

The letter follows DIN 5008, form B: address field of 85 × 45 mm at 45 mm from the top and 20 mm
from the left, information block beside it, subject from 98.46 mm on, fold marks at 105 and
210 mm, hole mark at 148.5 mm, margins of 25 mm to the left and 20 mm to the right.

What is built here are ordinary Word files. The words in {{ … }} and {% … %} are variables and
conditions; `jobs/documents/statement.py` and `report.py` say which there are.
"""

import sys
from pathlib import Path

from docx.document import Document
from docx.shared import Mm

from jobs.documents.building import (
    Cell,
    Column,
    Row,
    Table,
    add_page_number,
    add_style,
    add_table,
    add_text,
    cells,
    control,
    emptied,
    indent,
    line_above,
    new_document,
    put,
    saved,
)

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents"

TOP, RIGHT, BOTTOM, LEFT = MARGINS = (32, 20, 32, 25)
SUBJECT_FROM = 98.46
ADDRESS_FIELD = {"x": 20, "width": 85}
INSET = 5  # the text of the address field begins at the left margin
SENDER_ZONE = {"y": 45, "height": 17.7}
ADDRESS_ZONE = {"y": 62.7, "height": 27.3}
INFORMATION = {"x": 125, "y": 50, "width": 75, "height": 40}
MARKS = {105: 4, 148.5: 7, 210: 4}
"""Millimetres from the top, and how long the mark is."""

POINTS_PER_MM = 72 / 25.4


def statement_template() -> bytes:
    """Return the letter of a statement with its annex."""
    document = new_document(title="{{ title }}", author="{{ creditor.name }}", margins=MARGINS)
    _add_styles(document)
    _letterhead(document)
    _following_head(document, "{{ title }} · {{ creditor.name }}")
    _letter_feet(document)
    _address(document)
    _information(document)
    _subject(document)
    _opening(document)
    _lines(document)
    _correction_lines(document)
    _closing(document)
    _annex(document)
    return saved(document)


def report_template() -> bytes:
    """Return the document of a report version."""
    document = new_document(
        title="{{ title }}", author="{{ provider.name }}", margins=(25, RIGHT, 25, LEFT)
    )
    _add_styles(document)
    emptied(document.sections[0].first_page_header)
    add_text(document.sections[0].first_page_header, "{{ provider.name }}", "Header")
    _following_head(document, "{{ title }} · Vertrag {{ contract.number }}", draft=False)
    for footer in (document.sections[0].first_page_footer, document.sections[0].footer):
        add_page_number(add_text(emptied(footer), "", "Page Number"))
    _report_heading(document)
    _group_table(document)
    _module_table(document)
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


TEMPLATES = {"statement.docx": statement_template, "report.docx": report_template}


def build(folder: Path = FOLDER) -> None:
    """Write all templates into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TEMPLATES.items():
        (folder / name).write_bytes(make())


def _add_styles(document: Document) -> None:
    add_style(document, "Normal", size=10, after=6)
    add_style(document, "Header", size=8, grey=True)
    add_style(document, "Footer", size=8, grey=True)
    add_style(document, "Page Number", size=8, grey=True, right=True)
    add_style(document, "Letterhead", size=15, bold=True)
    add_style(document, "Draft", size=11, bold=True, after=6)
    add_style(document, "Draft Mark", size=11, bold=True, right=True)
    add_style(document, "Sender", size=7, line=4 * POINTS_PER_MM)
    add_style(document, "Address", size=10.5, line=12.8)
    add_style(document, "Information", size=9, after=1)
    add_style(document, "Mark", size=1, line=1)
    add_style(document, "Spacer", size=1, line=1)
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
    add_style(document, "Ruled", size=9, line=8.5 * POINTS_PER_MM)


def _letterhead(document: Document) -> None:
    header = emptied(document.sections[0].first_page_header)
    for y, length in MARKS.items():
        mark = line_above(add_text(header, "", "Mark"))
        put(mark, x=5, y=y, width=length, height=0.5)
    add_text(header, "{{ creditor.name }}", "Letterhead")
    add_text(header, "{{ creditor.place }}", "Header")
    add_text(header, "{{ creditor.contact }}", "Header")


def _following_head(document: Document, text: str, *, draft: bool = True) -> None:
    header = emptied(document.sections[0].header)
    add_text(header, text, "Header")
    if draft:
        add_text(header, "{%p if draft %}", "Header")
        add_text(header, "ENTWURF", "Draft Mark")
        add_text(header, "{%p endif %}", "Header")


def _letter_feet(document: Document) -> None:
    section = document.sections[0]
    for footer in (section.first_page_footer, section.footer):
        emptied(footer)
        line_above(add_text(footer, "{{ creditor.sender }}", "Footer"))
        add_text(footer, "{%p if creditor.iban %}", "Footer")
        add_text(footer, "Bankverbindung: {{ creditor.name }} · IBAN {{ creditor.iban }}", "Footer")
        add_text(footer, "{%p endif %}", "Footer")
        add_page_number(add_text(footer, "", "Page Number"))


def _address(document: Document) -> None:
    sender = add_text(document, "{{ creditor.sender }}", "Sender")
    sender.paragraph_format.space_before = Mm(SENDER_ZONE["height"] - 4.2)
    put(indent(sender, INSET), **ADDRESS_FIELD, **SENDER_ZONE)
    for text in ("{%p for line in debtor.address %}", "{{ line }}", "{%p endfor %}"):
        line = indent(add_text(document, text, "Address"), INSET)
        put(line, **ADDRESS_FIELD, **ADDRESS_ZONE)


def _information(document: Document) -> None:
    rows = [
        "{%p if draft %}",
        "Status:\tEntwurf",
        "{%p else %}",
        "Abrechnung:\t{{ number }}",
        "{%p endif %}",
        "{%p if correction %}",
        "korrigiert:\t{{ original.number }}",
        "{%p endif %}",
        "Vertrag:\t{{ contract.number }}",
        "Zeitraum:\t{{ period.name }}",
        "{% if draft %}Stand:{% else %}Datum:{% endif %}\t{{ date }}",
    ]
    for text in rows:
        row = add_text(document, text, "Information")
        put(indent(row, 22, hanging=22, tab=22), **INFORMATION)


def _subject(document: Document) -> None:
    spacer = add_text(document, "", "Spacer")
    spacer.paragraph_format.space_before = Mm(SUBJECT_FROM - TOP)
    add_text(document, "{%p if draft %}")
    add_text(document, "ENTWURF – nicht ausgestellt, noch keine Rechnung", "Draft")
    add_text(document, "{%p endif %}")
    add_text(document, "{{ subject }}", "Subject")


def _opening(document: Document) -> None:
    basis = (
        "{% if clauses %} nach {{ clauses }} des Vertrages {{ contract.number }}"
        "{% else %} nach dem Vertrag {{ contract.number }}{% endif %}"
    )
    add_text(document, "Sehr geehrte Damen und Herren,")
    add_text(document, "{%p if correction %}")
    add_text(
        document,
        "zur Abrechnung {{ original.number }} vom {{ original.date }} für den Zeitraum "
        "{{ period.days }} haben sich Änderungen ergeben. Wir berichtigen sie"
        + basis
        + " um die folgenden Differenzen; alle anderen Positionen bleiben unverändert.",
    )
    add_text(document, "{%p else %}")
    add_text(
        document,
        "für den Zeitraum {{ period.days }} rechnen wir" + basis + " ab.",
    )
    add_text(document, "{%p endif %}")
    add_text(document, "{%p if legal_basis %}")
    add_text(document, "Rechtsgrundlage: {{ legal_basis }}.")
    add_text(document, "{%p endif %}")


def _lines(document: Document) -> None:
    table = Table(
        "Positionen der Abrechnung",
        (
            Column("Pos.", 10),
            Column("Leistung", 68),
            Column("Menge", 22, figures=True),
            Column("Einheit", 21),
            Column("Satz", 18, figures=True),
            Column("Betrag", 26, figures=True),
        ),
    )
    service = Cell(
        [
            ("{{ line.label }}", "Table Text"),
            ("{{ line.details }}", "Table Detail"),
            ("{%p if line.notes %}", "Table Detail"),
            ("{{ line.notes }}", "Table Detail"),
            ("{%p endif %}", "Table Detail"),
        ]
    )
    plain = cells(
        table, "{{ line.position }}", "", "{{ line.quantity }}", "{{ line.unit }}",
        "{{ line.rate }}", "{{ line.amount }}",
    )  # fmt: skip
    add_text(document, "{%p if not correction %}")
    add_table(
        document,
        table,
        [
            control(table, "for line in lines"),
            Row([plain.cells[0], service, *plain.cells[2:]]),
            control(table, "endfor"),
            *_sums(table, "Gesamtbetrag"),
        ],
    )
    add_text(document, "{%p endif %}")


def _correction_lines(document: Document) -> None:
    table = Table(
        "Positionen der Korrektur",
        (
            Column("Pos.", 10),
            Column("Leistung", 71),
            Column("bisher abgerechnet", 28, figures=True),
            Column("neu berechnet", 28, figures=True),
            Column("Differenz", 28, figures=True),
        ),
    )
    service = Cell(
        [
            ("{{ line.label }}", "Table Text"),
            ("{{ line.details }}", "Table Detail"),
            (
                "neu: {{ line.quantity }} {{ line.unit }}"
                "{% if line.rate %} zu {{ line.rate }}{% endif %}"
                "{% if line.notes %}; {{ line.notes }}{% endif %}",
                "Table Detail",
            ),
            ("{%p if line.cause %}", "Table Detail"),
            ("Grund: {{ line.cause }}", "Table Detail"),
            ("{%p endif %}", "Table Detail"),
        ]
    )
    plain = cells(
        table, "{{ line.position }}", "", "{{ line.previous }}", "{{ line.computed }}",
        "{{ line.amount }}",
    )  # fmt: skip
    add_text(document, "{%p if correction %}")
    add_table(
        document,
        table,
        [
            control(table, "for line in lines"),
            Row([plain.cells[0], service, *plain.cells[2:]]),
            control(table, "endfor"),
            *_sums(table, "Summe der Differenzen"),
        ],
    )
    add_text(document, "{%p endif %}")


def _sums(table: Table, label: str) -> list[Row]:
    """Return the total and, where there were instalments, these and the balance."""

    def row(text: str, amount: str, style: str, *, above: bool = False) -> Row:
        span = len(table.columns) - 1
        texts = [Cell([(text, style)], span=span), Cell([(amount, f"{style} Figure")])]
        return Row(texts, line_above=above)

    return [
        row(label, "{{ total }}", "Table Sum", above=True),
        control(table, "for paid in instalments"),
        row("{{ paid.label }}", "{{ paid.amount }}", "Table Instalment"),
        control(table, "endfor"),
        control(table, "if instalments"),
        row("{{ balance.label }}", "{{ balance.amount }}", "Table Sum", above=True),
        control(table, "endif"),
    ]


def _closing(document: Document) -> None:
    for condition, text in {
        "if balance.kind == 'due'": "Bitte überweisen Sie {{ balance.amount }} auf unser unten "
        "genanntes Konto.",
        "elif balance.kind == 'overpaid'": "Es ergibt sich ein Betrag von {{ balance.amount }} zu "
        "Ihren Gunsten, der auszugleichen ist.",
        "else": "Damit ist der Zeitraum ausgeglichen; es ist nichts zu zahlen.",
    }.items():
        add_text(document, "{%p " + condition + " %}")
        paragraph = add_text(document, text, "Kept")
        paragraph.paragraph_format.space_before = Mm(4)
    add_text(document, "{%p endif %}")
    add_text(document, "{%p if annex.count %}")
    add_text(
        document,
        "Die Nachweise zu den Positionen finden Sie in der Anlage.",
        "Kept",
    )
    add_text(document, "{%p endif %}")
    greeting = add_text(document, "Mit freundlichen Grüßen", "Kept")
    greeting.paragraph_format.space_after = Mm(14)
    add_text(document, "{{ creditor.name }}", "Kept")
    add_text(document, "{%p if annex.count %}")
    add_text(document, "Anlage: Nachweis")
    add_text(document, "{%p endif %}")


def _annex(document: Document) -> None:
    add_text(document, "{%p if annex.count %}")
    add_text(document, "Anlage: Nachweis", "Heading 1")
    add_text(
        document,
        "zu {{ title }}, Vertrag {{ contract.number }}, Zeitraum {{ period.days }}. "
        "Personen sind durch ihre Fallnummer bezeichnet.",
    )
    _payroll(document)
    _records(document)
    add_text(document, "{%p endif %}")
    add_text(document, "", "Spacer")  # Word wants a paragraph after the last table


def _payroll(document: Document) -> None:
    table = Table(
        "Personalkosten mit Belegen",
        (
            Column("Pos.", 12),
            Column("Nachweis", 30),
            Column("Datum", 20),
            Column("Bezeichnung", 31),
            Column("Beleg", 49),
            Column("Betrag", 23, figures=True),
        ),
    )
    add_text(document, "{%p if annex.payroll %}")
    add_text(document, "Personalkosten", "Heading 2")
    add_table(
        document,
        table,
        [
            control(table, "for row in annex.payroll"),
            cells(
                table, "{{ row.positions }}", "{{ row.reference }}", "{{ row.day }}",
                "{{ row.label }}", "{{ row.evidence }}", "{{ row.amount }}",
            ),
            control(table, "endfor"),
            Row(
                [
                    Cell([("Summe", "Table Sum")], span=5),
                    Cell([("{{ annex.payroll_total }}", "Table Sum Figure")]),
                ],
                line_above=True,
            ),
        ],
    )  # fmt: skip
    add_text(document, "{%p endif %}")


def _records(document: Document) -> None:
    table = Table(
        "Leistungsnachweise",
        (
            Column("Pos.", 12),
            Column("Nachweis", 27),
            Column("Datum", 20),
            Column("Fall", 22),
            Column("Art der Leistung, Modul", 60),
            Column("Min.", 11, figures=True),
            Column("Teiln.", 13, figures=True),
        ),
    )
    service = Cell(
        [
            ("{{ row.kind }}", "Table Text"),
            ("{%p if row.module %}", "Table Detail"),
            ("{{ row.module }}", "Table Detail"),
            ("{%p endif %}", "Table Detail"),
        ]
    )
    plain = cells(
        table, "{{ row.positions }}", "{{ row.reference }}", "{{ row.day }}", "{{ row.case }}",
        "", "{{ row.minutes }}", "{{ row.participants }}",
    )  # fmt: skip
    add_text(document, "{%p if annex.records %}")
    add_text(document, "Leistungen", "Heading 2")
    add_table(
        document,
        table,
        [
            control(table, "for row in annex.records"),
            Row([*plain.cells[:4], service, *plain.cells[5:]]),
            control(table, "endfor"),
        ],
    )
    add_text(document, "{%p endif %}")


def _report_heading(document: Document) -> None:
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
        indent(row, 35, hanging=35, tab=35).paragraph_format.space_after = Mm(0.8)


def _group_table(document: Document) -> None:
    table = Table(
        "Fälle und Aufwand nach Hilfebedarfsgruppen",
        (
            Column("Hilfebedarfsgruppe", 73),
            Column("bearbeitet", 21, figures=True),
            Column("abgeschlossen", 27, figures=True),
            Column("Stunden", 20, figures=True),
            Column("Ø Stunden je Fall", 24, figures=True),
        ),
    )
    figures = ("processed", "closed", "hours", "average")
    total = [Cell([("Gesamt", "Table Sum")])]
    total += [Cell([("{{ total." + name + " }}", "Table Sum Figure")]) for name in figures]
    add_text(document, "1  Fälle und Aufwand nach Hilfebedarfsgruppen", "Heading 2")
    add_table(
        document,
        table,
        [
            control(table, "for group in groups"),
            cells(table, "{{ group.name }}", *("{{ group." + name + " }}" for name in figures)),
            control(table, "endfor"),
            Row(total, line_above=True),
        ],
    )
    note = add_text(
        document,
        "Im Zeitraum neu zugewiesen: {{ total.new }}. Ø Stunden je Fall sind die Stunden geteilt "
        "durch die bearbeiteten Fälle, auf zwei Stellen gerundet.",
        "Table Detail",
    )
    note.paragraph_format.space_before = Mm(1.5)


def _module_table(document: Document) -> None:
    table = Table(
        "Stunden nach Modulen",
        (
            Column("Modul", 75),
            Column("Fälle", 16, figures=True),
            Column("Einzelstunden", 25, figures=True),
            Column("Gruppensitzungen", 29, figures=True),
            Column("Stunden", 20, figures=True),
        ),
    )
    figures = ("cases", "individual_hours", "group_sessions", "hours")
    add_text(document, "2  Stunden nach Modulen", "Heading 2")
    add_table(
        document,
        table,
        [
            control(table, "for module in modules"),
            cells(table, "{{ module.name }}", *("{{ module." + name + " }}" for name in figures)),
            control(table, "endfor"),
        ],
    )


def _self_initiated(document: Document) -> None:
    add_text(document, "3  Selbst initiierte Fälle", "Heading 2")
    add_text(
        document,
        "Fälle ohne Vereinbarung mit dem Auftraggeber sind oben nicht enthalten: bearbeitet "
        "{{ self_initiated.processed }}, abgeschlossen {{ self_initiated.closed }}, Stunden "
        "{{ self_initiated.hours }}.",
    )


def _text_or_ruled_space(
    document: Document, heading: str, name: str, *, parts: dict[str, str]
) -> None:
    """A heading and what was written; as long as nothing is, lines to write on and to sign.

    `parts` are the lists of paragraphs with their own headings, empty for none.
    """
    add_text(document, heading, "Heading 2")
    add_text(document, f"{{%p if {name} %}}")
    for part, title in parts.items():
        add_text(document, f"{{%p if {name}.{part} %}}")
        if title:
            add_text(document, title, "Heading 3")
        add_text(document, f"{{%p for paragraph in {name}.{part} %}}")
        add_text(document, "{{ paragraph }}")
        add_text(document, "{%p endfor %}")
        add_text(document, "{%p endif %}")
    add_text(document, f"{{{{ {name}.signed }}}}", "Table Detail")
    add_text(document, "{%p else %}")
    for _row in range(9):
        row = line_above(add_text(document, "", "Ruled"), ruled=True)
        row.paragraph_format.keep_with_next = True
    signature = add_text(document, "Ort, Datum, Unterschrift:", "Table Detail")
    signature.paragraph_format.space_before = Mm(4)
    add_text(document, "{%p endif %}")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
