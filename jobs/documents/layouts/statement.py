"""The letter of a statement: who owes what for which services, or what a correction changes."""

from docx.document import Document
from docx.shared import Mm

from base.documents.building.document import new_document, saved
from base.documents.building.paragraphs import add_statement, add_text, block, emptied
from base.documents.building.tables import Cell, Column, Row, Table, add_table
from jobs.documents.layouts.annex import add_annex
from jobs.documents.layouts.letter import (
    MARGINS,
    add_address,
    add_feet,
    add_information,
    add_letterhead,
    add_space_above_subject,
)
from jobs.documents.layouts.styles import add_styles

INFORMATION = (
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
)

LINES = Table(
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
SERVICE = Cell(
    [
        ("{{ line.label }}", "Table Text"),
        ("{{ line.details }}", "Table Detail"),
        ("{%p if line.notes %}", "Table Detail"),
        ("{{ line.notes }}", "Table Detail"),
        ("{%p endif %}", "Table Detail"),
    ]
)

CORRECTION_LINES = Table(
    "Positionen der Korrektur",
    (
        Column("Pos.", 10),
        Column("Leistung", 71),
        Column("bisher abgerechnet", 28, figures=True),
        Column("neu berechnet", 28, figures=True),
        Column("Differenz", 28, figures=True),
    ),
)
CORRECTED_SERVICE = Cell(
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


def statement_template() -> bytes:
    """Return the letter of a statement with its annex."""
    document = new_document(title="{{ title }}", author="{{ creditor.name }}", margins=MARGINS)
    add_styles(document)
    add_letterhead(document)
    _following_head(document)
    add_feet(document)
    add_address(document)
    add_information(document, INFORMATION)
    add_space_above_subject(document)
    _subject(document)
    _opening(document)
    _lines(document)
    _correction_lines(document)
    _closing(document)
    add_annex(document)
    return saved(document)


def _following_head(document: Document) -> None:
    header = emptied(document.sections[0].header)
    add_text(header, "{{ title }} · {{ creditor.name }}", "Header")
    with block(header, "if draft", "Header"):
        add_text(header, "ENTWURF", "Draft Mark")


def _subject(document: Document) -> None:
    with block(document, "if draft"):
        add_text(document, "ENTWURF – nicht ausgestellt, noch keine Rechnung", "Draft")
    add_text(document, "{{ subject }}", "Subject")


def _opening(document: Document) -> None:
    basis = (
        "{% if clauses %} nach {{ clauses }} des Vertrages {{ contract.number }}"
        "{% else %} nach dem Vertrag {{ contract.number }}{% endif %}"
    )
    add_text(document, "Sehr geehrte Damen und Herren,")
    with block(document, "if correction"):
        add_text(
            document,
            "zur Abrechnung {{ original.number }} vom {{ original.date }} für den Zeitraum "
            "{{ period.days }} haben sich Änderungen ergeben. Wir berichtigen sie"
            + basis
            + " um die folgenden Differenzen; alle anderen Positionen bleiben unverändert.",
        )
        add_statement(document, "else")
        add_text(document, f"für den Zeitraum {{{{ period.days }}}} rechnen wir{basis} ab.")
    with block(document, "if legal_basis"):
        add_text(document, "Rechtsgrundlage: {{ legal_basis }}.")


def _lines(document: Document) -> None:
    row = LINES.row(
        "{{ line.position }}", SERVICE, "{{ line.quantity }}", "{{ line.unit }}",
        "{{ line.rate }}", "{{ line.amount }}",
    )  # fmt: skip
    lines = LINES.block("for line in lines", row)
    with block(document, "if not correction"):
        add_table(document, LINES, [*lines, *_sums(LINES, "Gesamtbetrag")])


def _correction_lines(document: Document) -> None:
    row = CORRECTION_LINES.row(
        "{{ line.position }}", CORRECTED_SERVICE, "{{ line.previous }}", "{{ line.computed }}",
        "{{ line.amount }}",
    )  # fmt: skip
    lines = CORRECTION_LINES.block("for line in lines", row)
    sums = _sums(CORRECTION_LINES, "Summe der Differenzen")
    with block(document, "if correction"):
        add_table(document, CORRECTION_LINES, [*lines, *sums])


def _sums(table: Table, label: str) -> list[Row]:
    """Return the total and, where there were instalments, these and the balance."""

    def row(text: str, amount: str, style: str, *, above: bool = False) -> Row:
        span = len(table.columns) - 1
        texts = [Cell([(text, style)], span=span), Cell([(amount, f"{style} Figure")])]
        return Row(texts, line_above=above)

    instalment = row("{{ paid.label }}", "{{ paid.amount }}", "Table Instalment")
    balance = row("{{ balance.label }}", "{{ balance.amount }}", "Table Sum", above=True)
    return [
        row(label, "{{ total }}", "Table Sum", above=True),
        *table.block("for paid in instalments", instalment),
        *table.block("if instalments", balance),
    ]


def _closing(document: Document) -> None:
    for condition, text in {
        "if balance.kind == 'due'": "Bitte überweisen Sie {{ balance.amount }} auf unser unten "
        "genanntes Konto.",
        "elif balance.kind == 'overpaid'": "Es ergibt sich ein Betrag von {{ balance.amount }} zu "
        "Ihren Gunsten, der auszugleichen ist.",
        "else": "Damit ist der Zeitraum ausgeglichen; es ist nichts zu zahlen.",
    }.items():
        add_statement(document, condition)
        paragraph = add_text(document, text, "Kept")
        paragraph.paragraph_format.space_before = Mm(4)
    add_statement(document, "endif")
    with block(document, "if annex.count"):
        add_text(document, "Die Nachweise zu den Positionen finden Sie in der Anlage.", "Kept")
    greeting = add_text(document, "Mit freundlichen Grüßen", "Kept")
    greeting.paragraph_format.space_after = Mm(14)
    add_text(document, "{{ creditor.name }}", "Kept")
    with block(document, "if annex.count"):
        add_text(document, "Anlage: Nachweis")
