"""The annex of a statement: the payroll lines and service records that its lines rest on."""

from docx.document import Document

from base.documents.building.paragraphs import add_text, block
from base.documents.building.tables import Cell, Column, Row, Table, add_table

PAYROLL = Table(
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

RECORDS = Table(
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
SERVICE = Cell(
    [
        ("{{ row.kind }}", "Table Text"),
        ("{%p if row.module %}", "Table Detail"),
        ("{{ row.module }}", "Table Detail"),
        ("{%p endif %}", "Table Detail"),
    ]
)


def add_annex(document: Document) -> None:
    """Add the annex on a page of its own, where the statement has one."""
    with block(document, "if annex.count"):
        add_text(document, "Anlage: Nachweis", "Heading 1")
        add_text(
            document,
            "zu {{ title }}, Vertrag {{ contract.number }}, Zeitraum {{ period.days }}. "
            "Personen sind durch ihre Fallnummer bezeichnet.",
        )
        _payroll(document)
        _records(document)
    add_text(document, "", "Spacer")  # Word wants a paragraph after the last table


def _payroll(document: Document) -> None:
    row = PAYROLL.row(
        "{{ row.positions }}", "{{ row.reference }}", "{{ row.day }}", "{{ row.label }}",
        "{{ row.evidence }}", "{{ row.amount }}",
    )  # fmt: skip
    total = Row(
        [
            Cell([("Summe", "Table Sum")], span=len(PAYROLL.columns) - 1),
            Cell([("{{ annex.payroll_total }}", "Table Sum Figure")]),
        ],
        line_above=True,
    )
    with block(document, "if annex.payroll"):
        add_text(document, "Personalkosten", "Heading 2")
        add_table(document, PAYROLL, [*PAYROLL.block("for row in annex.payroll", row), total])


def _records(document: Document) -> None:
    row = RECORDS.row(
        "{{ row.positions }}", "{{ row.reference }}", "{{ row.day }}", "{{ row.case }}",
        SERVICE, "{{ row.minutes }}", "{{ row.participants }}",
    )  # fmt: skip
    with block(document, "if annex.records"):
        add_text(document, "Leistungen", "Heading 2")
        add_table(document, RECORDS, RECORDS.block("for row in annex.records", row))
