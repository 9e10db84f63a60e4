"""Letters and reports, read back from the .docx as a finance office reads them."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document
from docx.oxml.ns import qn

from base.documents import (
    DOCX,
    PDF,
    DocumentError,
    PdfError,
    find_template,
    render,
    stored_path,
    to_pdf,
)
from base.facts import change, withdraw
from base.immutability import opened_gate
from contracts.billing import Period
from forms.models import ClientIdentity
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.actions.make_document import make_report_document, make_statement_document
from jobs.documents import formats
from jobs.documents.report import report_context
from jobs.documents.statement import statement_context
from jobs.integrity import documents_have_their_files
from jobs.models import ReportDocument, ReportVersion, Statement, StatementDocument
from jobs.reports import KINDS
from tests.factories import (
    HOURLY,
    amend,
    issue_by_two,
    make_case,
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_instalment,
    make_organisation,
    make_payroll,
    make_plan,
    make_record,
)

YEAR, MARCH, HALF = (Period.parse(name) for name in ("2024", "2024-03", "2024-H1"))
NO_BREAK = "\u00a0"

COSTS = {
    "model": "cost_reimbursement",
    "key": "kosten",
    "label": "Kosten",
    "clause": "§ 4",
    "components": [
        {"type": "actual", "key": "personal", "label": "Personal", "cost_kinds": ["salary"]},
        {
            "type": "percentage",
            "key": "sach",
            "label": "Sachkosten",
            "percent": "12",
            "base": [{"component": "personal"}],
            "minimum": {"amount": "5400"},
        },
        {
            "type": "percentage",
            "key": "sonstige",
            "label": "Sonstige & <weitere>",
            "percent": "10",
            "base": [{"component": "personal"}],
        },
    ],
}
STAGES = {
    "model": "service_complexes",
    "key": "lk",
    "label": "Leistungskomplexe",
    "clause": "§ 3",
    "stages": [{"key": "lk-1", "label": "LK 1: Bestandsaufnahme", "prices": [{"amount": "145"}]}],
}


@dataclass
class Letter:
    """What stands in a document, without breaks that only typography needs."""

    text: str = ""
    tables: list[list[list[str]]] = field(default_factory=list)


def read(content: bytes) -> Letter:
    document = Document(BytesIO(content))
    section = document.sections[0]
    parts = [document, section.first_page_header, section.header, section.footer]
    paragraphs = [paragraph.text for part in parts for paragraph in part.paragraphs]
    tables = [[_cells(row) for row in table.rows] for table in document.tables]
    return Letter("\n".join(paragraphs).replace(NO_BREAK, " "), tables)


def _cells(row) -> list[str]:
    """The texts of a row; a cell over several columns once."""
    return [
        "\n".join(p.text for p in cell.paragraphs).replace(NO_BREAK, " ")
        for cell in dict.fromkeys(row._tr.tc_lst)
        for cell in [_Cell(cell)]
    ]


class _Cell:
    def __init__(self, element):
        self.paragraphs = [_Paragraph(each) for each in element.p_lst]


class _Paragraph:
    def __init__(self, element):
        self.text = element.text


def content_of(document) -> bytes:
    return default_storage.open(stored_path(document.sha256, document.suffix)).read()


def letter(statement: Statement) -> Letter:
    return read(content_of(make_statement_document(statement)))


def computed(contract, period) -> Statement:
    return compute_statement(contract, period)[0]


def issued(statement: Statement, on: date = date(2025, 3, 28)) -> Statement:
    return issue_by_two(statement, on=on)


@pytest.fixture
def provider(db):
    make_commissioning_body()
    return make_organisation(
        "traeger",
        code="TRG",
        name="Müller & Söhne <e. V.>",
        street="Brückenweg 12",
        postcode="59991",
        city="Lindental",
        phone="02990 5551-0",
        email="buchhaltung@traeger.example",
        contact="Britta Brücke-Muster",
        iban="DE05999999990000001003",
        bic="LIBADEF0XXX",
        tax_number="999/5800/0013",
        tax_exemption="§ 4 Nr. 18 UStG",
    )


@pytest.fixture
def annual(provider):
    """A year's payroll and four instalments: C2 with D19."""
    contract = make_contract(
        "SB-1",
        provider=provider,
        title="Vertrag über Suchtberatung",
        legal_basis=["§ 16a SGB II", "§§ 53 bis 61 SGB X"],
        remuneration=[COSTS],
    )
    for month in range(1, 13):
        amount = "2214.35" if month < 7 else "2281.90"
        _payroll(contract, f"P-{month:02}", amount, date(2024, month, 28))
    _payroll(contract, "P-13", "1780.12", date(2024, 11, 30))
    return contract


def _payroll(contract, reference, amount, day):
    values = {"reference": reference, "label": f"Gehalt {day:%m/%Y}"}
    return make_payroll(contract, amount, day=day, evidence=f"Beleg {reference}", **values)


@pytest.fixture
def hourly(provider):
    return make_contract("AC-1", provider=provider, remuneration=[HOURLY])


# Figures


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(formats.money(Decimal("1234.56")), "1.234,56 €", id="money"),
        pytest.param(formats.money(Decimal("-312")), "−312,00 €", id="less than nothing"),
        pytest.param(formats.money(Decimal("1234567.8")), "1.234.567,80 €", id="millions"),
        pytest.param(formats.money("0"), "0,00 €", id="nothing"),
        pytest.param(formats.hours("7.25"), "7,25", id="hours"),
        pytest.param(formats.hours("441"), "441,00", id="whole hours"),
        pytest.param(formats.hours("0.3333"), "0,3333", id="a third of an hour"),
        pytest.param(formats.hours(None), "–", id="no hours"),
        pytest.param(formats.percent(Decimal("12.0")), "12 %", id="percent"),
        pytest.param(formats.percent(Decimal("7.5")), "7,5 %", id="half a percent"),
        pytest.param(formats.number(1000), "1.000", id="thousand"),
        pytest.param(formats.day(date(2026, 7, 31)), "31.07.2026", id="day"),
        pytest.param(formats.days(date(2024, 1, 5), date(2024, 1, 5)), "05.01.2024", id="one day"),
        pytest.param(formats.period(YEAR), "Jahr 2024", id="year"),
        pytest.param(formats.period(MARCH), "März 2024", id="month"),
        pytest.param(formats.period(Period.parse("2024-Q4")), "4. Quartal 2024", id="quarter"),
        pytest.param(formats.period(Period.parse("2024-H2")), "2. Halbjahr 2024", id="half-year"),
        pytest.param(
            formats.period(Period.parse("2024-01-15..2024-02-20")),
            "15.01.2024 bis 20.02.2024",
            id="from and until",
        ),
        pytest.param(formats.iban("DE05999999990000 1003"), "DE05 9999 9999 0000 1003", id="IBAN"),
        pytest.param(formats.listed(["a", "b", "c"]), "a, b und c", id="list"),
        pytest.param(formats.listed([]), "", id="empty list"),
        pytest.param(formats.ranges([1, 2, 3, 7, 9, 10]), "1–3, 7, 9–10", id="ranges"),
    ],
)  # fmt: skip
@pytest.mark.once
def test_figures_are_german(written, expected):
    assert written.replace(NO_BREAK, " ") == expected


@pytest.mark.once
def test_figures_are_never_rounded():
    with pytest.raises(ValueError, match="1.005"):
        formats.money(Decimal("1.005"))


# Templates: the files themselves, whichever word processor saved them last


SHIPPED = sorted(settings.BASE_DIR.glob("*/templates/documents/*.docx"))
templates = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)


@pytest.mark.once
def test_each_document_has_its_template():
    names = [path.name for path in SHIPPED]

    assert names == [
        "contract.docx", "cover_letter.docx", "filled_form.docx", "invitation.docx",
        "notice.docx", "report.docx", "statement.docx",
    ]  # fmt: skip
    assert [find_template(f"documents/{name}") for name in names] == SHIPPED


def _parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


@pytest.mark.once
@templates
def test_tables_repeat_their_head_and_split_no_row(path):
    for table in Document(path).tables:
        head, *rows = [row._tr.trPr for row in table.rows]
        assert head.find(qn("w:tblHeader")) is not None
        assert all(row.find(qn("w:tblHeader")) is None for row in rows)
        assert all(row.find(qn("w:cantSplit")) is not None for row in [head, *rows])


@pytest.mark.once
@templates
def test_templates_are_german_and_number_their_pages(path):
    document = Document(path)
    section = document.sections[0]
    footers = [section.footer]
    if section.different_first_page_header_footer:
        footers.append(section.first_page_footer)

    # The language that the styles preset, or that of the basic style: processors differ.
    languages = document.styles.element.xpath("//w:lang/@w:val")
    assert set(languages) == {"de-DE"}
    # Letters that stand several in a file count their own pages: a processor counts the file's.
    several = ("cover_letter.docx", "invitation.docx", "notice.docx")
    counted = ["PAGE"] if path.name in several else ["PAGE", "NUMPAGES"]
    for footer in footers:
        fields = footer._element.xpath(".//w:fldSimple/@w:instr | .//w:instrText/text()")
        assert [field.split()[0] for field in fields] == counted
        assert any("Seite " in paragraph.text for paragraph in footer.paragraphs)


@pytest.mark.once
def test_the_letter_has_the_margins_of_din_5008():
    section = Document(find_template("documents/statement.docx")).sections[0]

    sides = (section.left_margin, section.right_margin, section.page_width, section.page_height)
    assert [round(side.mm, 1) for side in sides] == [25, 20, 210, 297]


# Statements


def test_annual_statement_is_read_back(annual):
    for month in (2, 5, 8, 11):
        day = date(2024, month, 15)
        make_instalment(annual, "9500.00", first=YEAR.first, last=YEAR.last, paid_on=day)

    statement = issued(computed(annual, YEAR))
    read_back = letter(statement)

    lines, payroll = read_back.tables
    assert lines[0] == ["Pos.", "Leistung", "Menge", "Einheit", "Satz", "Betrag"]
    assert lines[1:4] == [
        ["1", "Personal\n§ 4 · 01.01.2024 bis 31.12.2024", "1", "lt. Nachweis", "", "28.757,62 €"],
        [
            "2",
            "Sachkosten\n§ 4 · 01.01.2024 bis 31.12.2024\nMindestbetrag (rechnerisch 3.450,91 €)",
            "28.757,62",
            "€",
            "12 %",
            "5.400,00 €",
        ],
        [
            "3",
            "Sonstige & <weitere>\n§ 4 · 01.01.2024 bis 31.12.2024",
            "28.757,62",
            "€",
            "10 %",
            "2.875,76 €",
        ],
    ]
    assert lines[4] == ["Gesamtbetrag", "37.033,38 €"]
    assert [row[1] for row in lines[5:9]] == ["−9.500,00 €"] * 4
    assert lines[5][0].startswith("abzüglich Abschlag vom 15.02.2024 (A-")
    assert lines[9] == ["Überzahlung", "966,62 €"]
    assert len(lines) == 10

    assert payroll[0] == ["Pos.", "Nachweis", "Datum", "Bezeichnung", "Beleg", "Betrag"]
    assert payroll[1] == [
        "1–3", "P-01", "28.01.2024", "Gehalt 01/2024", "Beleg P-01", "2.214,35 €",
    ]  # fmt: skip
    assert len(payroll) == 15
    assert payroll[-1] == ["Summe", "28.757,62 €"]

    for expected in (
        "Müller & Söhne <e. V.> · Brückenweg 12 · 59991 Lindental",
        "Jobcenter",
        f"Abrechnung {statement.number} – Vertrag über Suchtberatung",
        "Zeitraum 01.01.2024 bis 31.12.2024",
        "nach § 4 des Vertrages SB-1",
        "Rechtsgrundlage: § 16a SGB II und §§ 53 bis 61 SGB X.",
        "966,62 € zu Ihren Gunsten",
        "IBAN DE05 9999 9999 0000 0010 03",
        "Datum:\t28.03.2025",
        "Anlage: Nachweis",
    ):
        assert expected in read_back.text
    assert "entwurf" not in read_back.text.casefold()


# Paying


def test_a_letter_says_by_when_and_how_it_is_paid_and_whom_to_ask(hourly):
    """28 March 2025 and thirty days: 27 April 2025 is a Sunday."""
    make_record(make_case(hourly), minutes=90)

    statement = issued(computed(hourly, MARCH))
    text = letter(statement).text

    assert date(2025, 4, 27).weekday() == 6
    for expected in (
        "Aktenzeichen:\tAC-1",
        "zahlbar bis:\t28.04.2025",
        "Ansprechperson:\tBritta Brücke-Muster",
        "Telefon:\t02990 5551-0",
        "buchhaltung@traeger.example",
        f"Bitte überweisen Sie 90,00 € bis zum 28.04.2025 auf unser unten genanntes Konto und"
        f" geben Sie dabei {statement.number} an.",
        "IBAN DE05 9999 9999 0000 0010 03 · BIC LIBADEF0XXX",
        "Steuernummer 999/5800/0013",
        "Die Leistungen sind nach § 4 Nr. 18 UStG von der Umsatzsteuer befreit.",
        "Ort, Datum, Unterschrift",
    ):
        assert expected in text


def test_days_to_pay_are_those_agreed(provider):
    contract = make_contract("AC-2", provider=provider, remuneration=[HOURLY], payment_days=14)
    make_record(make_case(contract))

    draft = computed(contract, MARCH)
    assert "innerhalb von 14 Tagen nach dem Datum der Abrechnung" in letter(draft).text
    assert "zahlbar bis" not in letter(draft).text
    assert "zahlbar bis:\t11.04.2025" in letter(issued(draft)).text  # a Friday


def test_an_edition_that_agrees_on_nothing_is_paid_in_thirty_days(hourly):
    make_record(make_case(hourly))
    with opened_gate("as it was before there was such a field"):
        for edition in hourly.editions.all():
            content = {k: v for k, v in edition.content.items() if k != "payment_days"}
            type(edition).objects.filter(pk=edition.pk).update(content=content)

    statement = Statement.objects.get(pk=computed(hourly, MARCH).pk)

    assert statement_context(statement)["payment"] == {"days": 30, "until": ""}


def test_a_correction_is_paid_as_what_it_corrects(provider):
    """From the 16th on an hour costs 70.00 and is paid in 14 days; what came late is of the 3rd."""
    contract = make_contract("AC-2", provider=provider, remuneration=[HOURLY])
    dearer = HOURLY | {"rates": [{"amount": "70.00"}]}
    from_16 = {"applies_from": date(2024, 3, 16), "remuneration": [dearer], "payment_days": 14}
    amend(contract, **from_16, title="Amended")
    case = make_case(contract)
    make_record(case, day=date(2024, 3, 20))
    original = issued(computed(contract, MARCH))
    make_record(case, day=date(2024, 3, 3))

    correction = computed(contract, MARCH)

    charged = [line for line in correction.lines.select_related("edition") if line.amount]
    assert [line.edition.number for line in charged] == [1]
    for statement in (original, correction):
        said = statement_context(Statement.objects.get(pk=statement.pk))
        assert (said["payment"]["days"], said["contract"]["title"]) == (14, "Amended")


def test_what_a_provider_does_not_say_leaves_no_trace(hourly):
    provider = hourly.provider
    for name in ("contact", "phone", "email", "bic", "tax_number", "tax_exemption"):
        setattr(provider, name, "")
    provider.save()
    make_record(make_case(hourly))

    text = letter(issued(computed(hourly, MARCH))).text

    for absent in ("Ansprechperson", "Telefon", "BIC", "Steuernummer", "Umsatzsteuer"):
        assert absent not in text


PAID_BEFORE = "vermindert um Ihre Zahlungen auf die früheren Abrechnungen"
GIVEN_BACK_BEFORE = "Was wir auf die früheren Abrechnungen erstattet haben, "


def test_original_and_correction_are_paid_together(hourly):
    """An hour and a half was charged, half an hour came late; an hour costs 60.00."""
    case = make_case(hourly)
    make_record(case, minutes=90)
    original = issued(computed(hourly, MARCH))
    make_record(case, minutes=30)

    correction = issued(computed(hourly, MARCH), on=date(2025, 4, 1))
    read_back = letter(correction)

    assert read_back.tables[1] == [
        ["Abrechnung", "vom", "Betrag", "Abschläge", "Saldo"],
        [original.number, "28.03.2025", "90,00 €", "0,00 €", "90,00 €"],
        [correction.number, "01.04.2025", "30,00 €", "0,00 €", "30,00 €"],
        ["zusammen", "120,00 €", "0,00 €", "120,00 €"],
    ]
    assert "Aus dieser Korrektur ergibt sich eine Nachzahlung von 30,00 €." in read_back.text
    # 1 May is a holiday, 2 May a Friday.
    assert f"Bitte überweisen Sie 120,00 €, {PAID_BEFORE}, bis zum 02.05.2025" in read_back.text


def test_what_was_paid_too_much_before_is_set_off(annual):
    """C2 and D19: 966.62 too much and 132.00 more to pay leave 834.62."""
    for month in (2, 5, 8, 11):
        day = date(2024, month, 15)
        make_instalment(annual, "9500.00", first=YEAR.first, last=YEAR.last, paid_on=day)
    original = issued(computed(annual, YEAR))
    _payroll(annual, "P-14", "120.00", date(2024, 12, 30))

    read_back = letter(computed(annual, YEAR))

    assert read_back.tables[1][1:] == [
        [original.number, "28.03.2025", "37.033,38 €", "−38.000,00 €", "−966,62 €"],
        ["diese Korrektur", "–", "132,00 €", "0,00 €", "132,00 €"],
        ["zusammen", "37.165,38 €", "−38.000,00 €", "−834,62 €"],
    ]
    assert "Zusammen ergibt sich ein Betrag von 834,62 € zu Ihren Gunsten" in read_back.text
    assert "Bitte überweisen" not in read_back.text
    assert "zahlbar bis" not in read_back.text
    assert "Ihre Zahlungen auf die früheren Abrechnungen" not in read_back.text
    # Whether the 966.62 were given back meanwhile is not known here.
    assert "auszugleichen ist. " + GIVEN_BACK_BEFORE + "geht davon ab." in read_back.text


@pytest.mark.parametrize(
    ("late", "said"),
    [
        ("1000.00", f"TRG-2025-0002 an. {GIVEN_BACK_BEFORE}kommt hinzu."),
        ("878.74", f"es ist nichts zu zahlen. {GIVEN_BACK_BEFORE}ist auszugleichen."),
    ],
)
def test_what_was_given_back_before_is_not_taken_for_kept(annual, late, said):
    """Of each euro of staff costs that comes late, 1.10 is charged."""
    make_instalment(annual, "38000.00", first=YEAR.first, last=YEAR.last)
    issued(computed(annual, YEAR))
    _payroll(annual, "P-14", late, date(2024, 12, 30))

    assert said in letter(issued(computed(annual, YEAR))).text


def test_a_correction_to_nothing_gives_back_what_was_paid(hourly):
    record = make_record(make_case(hourly), minutes=60)
    issued(computed(hourly, MARCH))
    withdraw(record, reason="recorded twice")

    read_back = letter(computed(hourly, MARCH))

    assert read_back.tables[1][-1] == ["zusammen", "0,00 €", "0,00 €", "0,00 €"]
    assert "Damit ist der Zeitraum ausgeglichen" in read_back.text
    assert "Was Sie auf die früheren Abrechnungen gezahlt haben, ist auszugleichen." in (
        read_back.text
    )


@pytest.mark.once
@templates
def test_documents_begin_with_heading_1_and_have_a_title(path):
    document = Document(path)

    headings = [p.style.name for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert headings[0] == "Heading 1"
    levels = [int(name.split()[1]) for name in headings]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    # A letter to a client says nobody's name in what a file tells of itself.
    letters = {
        "cover_letter.docx": "Anschreiben", "invitation.docx": "Einladung",
        "notice.docx": "Mitteilung",
    }  # fmt: skip
    assert document.core_properties.title == letters.get(path.name, "{{ title }}")
    assert document.core_properties.language == "de-DE"


def test_a_draft_says_so_on_every_page(annual):
    text = letter(computed(annual, YEAR)).text

    assert "ENTWURF – nicht ausgestellt" in text
    assert "Entwurf der Abrechnung SB-1, Jahr 2024" in text
    assert "Status:\tEntwurf" in text
    assert text.count("ENTWURF") == 2  # the letter itself and the head of its other pages


def test_instalments_that_no_longer_fit_are_shown_as_their_sum(annual):
    make_instalment(annual, "9500.00", first=YEAR.first, last=YEAR.last)
    statement = issued(computed(annual, YEAR))
    make_instalment(annual, "100.00", first=YEAR.first, last=YEAR.last)

    lines = letter(statement).tables[0]

    assert lines[-2:] == [
        ["abzüglich Abschlagszahlungen", "−9.500,00 €"],
        ["Restbetrag", "27.533,38 €"],
    ]


def test_instalments_that_are_given_back_are_called_so(hourly):
    make_record(make_case(hourly))
    statement = computed(hourly, MARCH)
    statement.instalments = Decimal("-100.00")

    assert statement_context(statement)["instalments"] == [
        {
            "label": "zuzüglich zu viel abgezogener Abschlagszahlungen",
            "amount": f"100,00{NO_BREAK}€",
        }
    ]


def test_correction_shows_what_was_charged_what_is_computed_and_why(annual):
    original = issued(computed(annual, YEAR))
    _payroll(annual, "P-14", "120.00", date(2024, 12, 30))

    correction = computed(annual, YEAR)
    read_back = letter(correction)

    lines, _together, payroll = read_back.tables
    assert lines[0] == ["Pos.", "Leistung", "bisher abgerechnet", "neu berechnet", "Differenz"]
    assert lines[1][2:] == ["28.757,62 €", "28.877,62 €", "120,00 €"]
    assert lines[1][1].splitlines()[-1].startswith("Grund: ")
    assert "P-14" in lines[1][1]
    assert lines[-2][2:] == ["2.875,76 €", "2.887,76 €", "12,00 €"]
    assert lines[-1] == ["Summe der Differenzen", "132,00 €"]
    assert "P-14" in [row[1] for row in payroll]
    assert f"zur Abrechnung {original.number} vom 28.03.2025" in read_back.text
    assert "Korrekturabrechnung" in read_back.text
    assert "Aus dieser Korrektur ergibt sich eine Nachzahlung von 132,00 €" in read_back.text


def test_too_much_charged_is_called_by_its_name(hourly):
    case = make_case(hourly, "K-1")
    make_record(case, minutes=120)
    record = make_record(case, minutes=60)
    issued(computed(hourly, MARCH))
    change(record, reason="mistyped", minutes=30)

    read_back = letter(computed(hourly, MARCH))

    lines = read_back.tables[0]
    assert lines[1][2:] == ["180,00 €", "150,00 €", "−30,00 €"]
    assert "neu: 2,50 h zu 60,00 €" in lines[1][1]
    assert "30,00 € zu Ihren Gunsten" in read_back.text


def test_records_stand_behind_their_lines_in_the_version_that_counted(provider):
    catalogue = make_catalogue("hilfe")
    terms = HOURLY | {"cap": {"source": "support_plan", "per": "month"}}
    contract = make_contract(
        "AC-1", provider=provider, catalogues=(catalogue,), remuneration=[terms]
    )
    first, second = (make_case(contract, number, catalogue=catalogue) for number in ("K-1", "K-2"))
    for case in (first, second):
        make_plan(case, "2")
    record = make_record(first, reference="R-1", minutes=60, module="m1")
    change(record, reason="mistyped", minutes=150)
    values = {"reference": "R-2", "kind": "group", "counsellors": 2, "participants": 6}
    make_record(second, minutes=90, **values)

    statement = issued(computed(contract, MARCH))
    change(record, reason="mistyped again", minutes=30)
    lines, records = letter(statement).tables

    assert lines[1:] == [
        [
            "1",
            "Hours\n§ 4 · 01.03.2024 bis 31.03.2024 · Fall K-1\nnicht vergütet: 0,50 h",
            "2,00",
            "h",
            "60,00 €",
            "120,00 €",
        ],
        [
            "2",
            "Hours\n§ 4 · 01.03.2024 bis 31.03.2024 · Fall K-2",
            "0,50",
            "h",
            "60,00 €",
            "30,00 €",
        ],
        ["Gesamtbetrag", "150,00 €"],
    ]
    assert records == [
        ["Pos.", "Nachweis", "Datum", "Fall", "Art der Leistung, Modul", "Min.", "Teiln."],
        ["1", "R-1 (Fassung 2)", "14.03.2024", "K-1", "Talk\nModul 1 Module 1", "150", "1"],
        ["2", "R-2", "14.03.2024", "K-2", "Group (2 Beratungskräfte)", "90", "6"],
    ]


def test_completed_stages_are_named(provider):
    kinds = [{"key": "done", "label": "Abgeschlossen", "setting": "complex"}]
    contract = make_contract("SCH-1", provider=provider, remuneration=[STAGES], kinds_of_work=kinds)
    values = {"reference": "R-1", "stage": "lk-1", "kind": "done", "minutes": 0}
    make_record(make_case(contract, "K-1"), **values)

    lines, records = letter(computed(contract, MARCH)).tables

    label = "LK 1: Bestandsaufnahme\n§ 3 · 14.03.2024 · Fall K-1"
    assert lines[1] == ["1", label, "1", "Komplex", "145,00 €", "145,00 €"]
    assert records[1] == [
        "1", "R-1", "14.03.2024", "K-1", "Abgeschlossen\nLK 1: Bestandsaufnahme", "–", "–",
    ]  # fmt: skip


def test_nobody_is_named(hourly):
    case = make_case(hourly, "K-1")
    ClientIdentity.objects.create(client=case.client, first_name="Vorname", last_name="Nachname")
    make_record(case)

    content = content_of(make_statement_document(computed(hourly, MARCH)))

    xml = b"".join(_parts(content).values()).decode(errors="replace")
    for name in ("Vorname", "Nachname", case.client.key):
        assert name not in xml


def test_a_statement_without_lines_settles_what_was_paid(hourly):
    make_record(make_case(hourly))
    issued(computed(hourly, MARCH))
    make_instalment(hourly, "50.00", first=MARCH.first, last=MARCH.last)

    read_back = letter(computed(hourly, MARCH))

    total, paid, balance = read_back.tables[0][1:]
    assert total == ["Summe der Differenzen", "0,00 €"]
    assert paid[1] == "−50,00 €"
    assert balance == ["Erstattung", "50,00 €"]
    assert len(read_back.tables) == 2
    assert "Nachweis" not in read_back.text


def test_a_version_that_history_lacks_is_an_error(hourly):
    make_record(make_case(hourly))
    statement = computed(hourly, MARCH)
    statement.lines.update(sources="987654.3")

    with pytest.raises(DocumentError, match="987654.3"):
        statement_context(statement)


def test_records_cost_no_query_each(hourly):
    make_record(make_case(hourly))
    with_one = _queries(computed(hourly, MARCH))
    for _number in range(9):
        make_record(make_case(hourly))

    assert _queries(computed(hourly, MARCH)) == with_one


@pytest.mark.django_db
def test_lines_cost_no_query_each_where_work_goes_from_term_to_term():
    """Each case has two lines, and the first says what goes on to the second."""
    talk = HOURLY | {"kinds": [{"key": "talk"}]}
    cap = {"source": "fixed", "quantity": "0.5"}
    after = {"key": "rest", "label": "Rest", "after": ["hours"]}
    contract = make_contract(remuneration=[talk | {"cap": cap}, talk | after])
    make_record(make_case(contract))
    with_one = _queries(computed(contract, MARCH))
    for _number in range(3):
        make_record(make_case(contract))

    statement = computed(contract, MARCH)

    assert statement.lines.count() == 8
    assert _queries(statement) == with_one


def _queries(statement: Statement) -> int:
    statement = Statement.objects.get(pk=statement.pk)
    with CaptureQueriesContext(connection) as queries:
        statement_context(statement)
    return len(queries)


# Keeping


def test_the_same_content_is_one_document(hourly):
    case = make_case(hourly)
    make_record(case)
    statement = computed(hourly, MARCH)

    first, again = make_statement_document(statement), make_statement_document(statement)
    make_record(case)
    other = make_statement_document(computed(hourly, MARCH))

    assert first == again
    assert other != first
    assert StatementDocument.objects.count() == 2
    assert first.size == len(content_of(first))


def test_a_lost_file_is_made_again(hourly):
    make_record(make_case(hourly))
    statement = issued(computed(hourly, MARCH))
    made = make_statement_document(statement)
    before = content_of(made)
    default_storage.delete(stored_path(made.sha256))

    assert make_statement_document(statement) == made
    assert content_of(made) == before


def test_a_letter_that_was_sent_is_not_written_anew(hourly):
    """Neither a new address nor a new contract edition changes what was issued."""
    make_record(make_case(hourly))
    draft = computed(hourly, MARCH)
    drafted = make_statement_document(draft)
    statement = issued(draft)
    sent = make_statement_document(statement)
    hourly.provider.street = "Neue Straße 1"
    hourly.provider.save()
    amend(hourly, applies_from=date(2024, 3, 1), title="Renamed")

    statement = Statement.objects.get(pk=statement.pk)
    assert make_statement_document(statement) == sent != drafted
    assert statement_context(statement)["contract"]["title"] == "Contract"


def test_a_letter_that_was_sent_and_lost_is_not_replaced_by_another(hourly):
    make_record(make_case(hourly))
    statement = issued(computed(hourly, MARCH))
    sent = make_statement_document(statement)
    default_storage.delete(stored_path(sent.sha256))
    folder = default_storage.path("documents")
    left = set(Path(folder).rglob("*"))
    hourly.provider.street = "Neue Straße 1"
    hourly.provider.save()

    with pytest.raises(DocumentError, match=sent.sha256):
        make_statement_document(Statement.objects.get(pk=statement.pk))
    assert list(StatementDocument.objects.all()) == [sent]
    assert set(Path(folder).rglob("*")) == left


# PDFs


def printed(document, folder) -> list[str]:
    """Return the words of a PDF."""
    (folder / "letter.pdf").write_bytes(content_of(document))
    command = ["pdftotext", "-raw", str(folder / "letter.pdf"), "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return told.replace(NO_BREAK, " ").split()


def test_the_pdf_says_word_for_word_what_the_letter_says(annual, tmp_path):
    statement = issued(computed(annual, YEAR))

    pdf = make_statement_document(statement, PDF)
    written = letter(statement)

    words = Counter(printed(pdf, tmp_path))
    cells = (cell for table in written.tables for row in table for cell in row)
    missing = Counter(" ".join([written.text, *cells]).split()) - words
    # Page numbers are the printer's; a line that is too long is broken at a hyphen.
    assert {word for word in missing if word not in ("Seite", "von")} == set()
    assert words["28.757,62"] == 4  # personnel, base of two shares, sum of the annex
    assert words["37.033,38"] == 2  # sum and what is to be paid


def test_a_pdf_is_made_once_and_beside_the_letter(hourly):
    make_record(make_case(hourly))
    statement = issued(computed(hourly, MARCH))

    first, again = (make_statement_document(statement, PDF) for _attempt in range(2))
    docx = make_statement_document(statement)

    assert first == again != docx
    assert (first.filename, docx.filename) == (f"{first.title}.pdf", f"{first.title}.docx")
    assert (first.context_hash, first.size) == (docx.context_hash, len(content_of(first)))
    assert StatementDocument.objects.count() == 2
    assert list(documents_have_their_files()) == []


def test_whoever_is_slower_takes_the_pdf_that_is_there(hourly, monkeypatch):
    make_record(make_case(hourly))
    statement = issued(computed(hourly, MARCH))
    quicker, thrown_away = [], []

    def while_it_is_made(docx):
        monkeypatch.undo()
        quicker.append(make_statement_document(statement, PDF))
        thrown_away.append(to_pdf(docx) + b"\n")
        return thrown_away[0]

    monkeypatch.setattr("jobs.actions.make_document.to_pdf", while_it_is_made)
    slower = make_statement_document(statement, PDF)

    assert [slower] == quicker
    assert StatementDocument.objects.filter(suffix=PDF).count() == 1
    assert default_storage.exists(stored_path(slower.sha256, PDF))
    assert not default_storage.exists(stored_path(sha256(thrown_away[0]).hexdigest(), PDF))


def test_a_failing_libreoffice_leaves_nothing_and_spares_the_letter(hourly, settings):
    make_record(make_case(hourly))
    statement = issued(computed(hourly, MARCH))
    settings.LIBREOFFICE = "nowhere-to-be-found"

    with pytest.raises(PdfError):
        make_statement_document(statement, PDF)

    assert [document.suffix for document in StatementDocument.objects.all()] == [DOCX]
    assert make_statement_document(statement).suffix == DOCX


def test_a_run_names_what_is_wrong_with_a_template(hourly, own_template, tmp_path):
    own_template("statement.docx", b"not a Word file")
    make_record(make_case(hourly))

    with pytest.raises(CommandError, match="Office-Datei"):
        call_command(
            "run_job",
            "statements",
            period=str(MARCH),
            contract=hourly.number,
            documents=tmp_path / "letters",
        )


def test_a_lost_pdf_is_not_replaced_by_another(hourly):
    make_record(make_case(hourly))
    statement = issued(computed(hourly, MARCH))
    made = make_statement_document(statement, PDF)
    default_storage.delete(stored_path(made.sha256, PDF))

    assert make_statement_document(statement, PDF) == made
    assert list(documents_have_their_files()) == [
        f"jobs_statementdocument {made.pk}: its file is lost or another"
    ]


# Reports


CONTENT = {
    "period": "2024-H1",
    "reference_date": "2024-06-30",
    "due_on": "2024-07-31",
    "contract": "SB-1",
    "groups": [
        {
            "key": f"hbg-{number}",
            "code": str(number),
            "title": title,
            "processed": processed,
            "new": 0,
            "closed": closed,
            "minutes": "0",
            "hours": hours,
            "average": average,
        }
        for number, title, processed, closed, hours, average in [
            (1, "Hilfebedarfsgruppe 1", 6, 4, "58.50", "9.75"),
            (2, "Abhängigkeit & Folgen", 5, 2, "96.00", "19.20"),
            (3, "Gruppe", 4, 1, "101.50", "25.38"),
            (4, "Gruppe", 3, 0, "88.00", "29.33"),
            (5, "Gruppe", 2, 1, "97.00", "48.50"),
            (6, "Gruppe", 0, 0, "0.00", None),
        ]
    ],
    "total": {
        "processed": 20, "new": 8, "closed": 8, "minutes": "26460", "hours": "441.00",
        "average": "22.05",
    },
    "modules": [
        {
            "key": "m1", "code": "1", "title": "Basisberatung", "cases": 20,
            "individual_hours": "123.85", "group_sessions": 13, "hours": "130.10",
        }
    ],
    "self_initiated": {"processed": 2, "closed": 1, "hours": "6.50"},
}  # fmt: skip


def report_saying(contract, content: dict) -> ReportVersion:
    """Return the half-year report of a contract as if its records came to this content."""
    gathered = SimpleNamespace(content=lambda: content)
    kind = SimpleNamespace(gather=lambda _period, _contracts: {contract.pk: gathered})
    with mock.patch.dict(KINDS, half_year=kind):
        return compute_report(contract, HALF)[0]


@pytest.fixture
def version(annual):
    return report_saying(annual, CONTENT)


def test_half_year_report_is_read_back(version):
    """The table of C5."""
    read_back = read(content_of(make_report_document(version)))

    groups, modules = read_back.tables
    assert groups == [
        ["Hilfebedarfsgruppe", "bearbeitet", "abgeschlossen", "Stunden", "Ø Stunden je Fall"],
        ["Hilfebedarfsgruppe 1", "6", "4", "58,50", "9,75"],
        ["2 Abhängigkeit & Folgen", "5", "2", "96,00", "19,20"],
        ["3 Gruppe", "4", "1", "101,50", "25,38"],
        ["4 Gruppe", "3", "0", "88,00", "29,33"],
        ["5 Gruppe", "2", "1", "97,00", "48,50"],
        ["6 Gruppe", "0", "0", "0,00", "–"],
        ["Gesamt", "20", "8", "441,00", "22,05"],
    ]
    assert modules == [
        ["Modul", "Fälle", "Einzelstunden", "Gruppensitzungen", "Stunden"],
        ["1 Basisberatung", "20", "123,85", "13", "130,10"],
    ]
    for expected in (
        "Halbjahresbericht, 1. Halbjahr 2024",
        "SB-1 – Vertrag über Suchtberatung",
        "Träger:\tMüller & Söhne <e. V.>",
        "Stichtag:\t30.06.2024",
        "vorzulegen bis:\t31.07.2024",
        "Fassung:\t1 vom",
        "neu zugewiesen: 8",
        "bearbeitet 2, abgeschlossen 1, Stunden 6,50",
        "Gemeinsame Beurteilung",
        "Stellungnahme: Jobcenter",
    ):
        assert expected in read_back.text


def test_a_report_version_keeps_its_document(version):
    made = make_report_document(version)
    version.report.contract.provider.name = "Renamed"
    version.report.contract.provider.save()

    assert make_report_document(version) == made
    assert ReportDocument.objects.count() == 1


def test_a_report_without_a_duty_has_no_due_date(annual):
    version = report_saying(annual, CONTENT | {"due_on": None})

    assert report_context(version)["due_on"] == "–"


# The sheet


WORD = re.compile(
    r'<word xMin="(?P<x>[\d.]+)" yMin="(?P<y>[\d.]+)" xMax="(?P<right>[\d.]+)" '
    r'yMax="(?P<bottom>[\d.]+)">(?P<text>[^<]*)</word>'
)
MM_PER_POINT = 25.4 / 72


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[list[dict]]:
    """The pages of a long letter: words with their places in millimetres."""
    folder = tmp_path_factory.mktemp("letter")
    (folder / "letter.pdf").write_bytes(to_pdf(_long_letter()))
    command = ["pdftotext", "-bbox", "letter.pdf", "-"]
    found = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return [
        [_placed(word) for word in WORD.finditer(page)] for page in found.stdout.split("<page ")[1:]
    ]


def _placed(word: re.Match) -> dict:
    places = {name: float(word[name]) * MM_PER_POINT for name in ("x", "y", "right", "bottom")}
    return {"text": word["text"], **places}


@pytest.mark.once
def test_the_letter_stands_where_din_5008_wants_it(pages):
    """Form B: window envelopes show 85 × 45 mm, 20 mm from the left and 45 mm from the top."""
    first, *_others, last = pages

    receiver = [word for word in first if word["text"] in ("Empfänger", "Platz", "12345", "Ort")]
    assert len(receiver) == 4
    for word in receiver:
        assert 25 <= word["x"] + 0.1
        assert word["right"] <= 20 + 85
        assert 62.7 <= word["y"] + 0.1
        assert word["bottom"] <= 45 + 45
    sender = next(word for word in first if word["text"] == "Rücksendeangabe")
    assert 45 <= sender["y"] < sender["bottom"] <= 62.8
    information = next(word for word in first if word["text"] == "Zeitraum:")
    assert information["x"] == pytest.approx(125, abs=0.5)
    assert 50 <= information["y"] <= 90
    subject = next(word for word in first if word["text"] == "Betreff")
    assert subject["x"] == pytest.approx(25, abs=0.5)
    assert subject["y"] == pytest.approx(98.46, abs=1)
    assert all(word["right"] <= 210 - 20 + 0.5 for page in (first, last) for word in page)


@pytest.mark.once
def test_the_head_of_the_table_is_repeated_and_pages_are_counted(pages):
    texts = [" ".join(word["text"] for word in page) for page in pages]
    assert len(pages) > 2
    for number, text in enumerate(texts, 1):
        assert f"Seite {number} von {len(pages)}" in text
    for page in pages:
        assert {"Pos.", "Menge", "Satz", "Betrag"} <= {word["text"] for word in page}


def _long_letter() -> bytes:
    line = {
        "label": "Leistung", "details": "Einzelheit", "notes": "", "quantity": "1,00", "unit": "h",
        "rate": "60,00 €", "amount": "60,00 €", "computed": "60,00 €", "previous": "0,00 €",
        "cause": "",
    }  # fmt: skip
    party = {
        "name": "Träger", "address": ["Empfänger", "Platz", "12345 Ort"], "place": "Ort der Stelle",
        "sender": "Rücksendeangabe", "contact": "Telefon", "iban": "DE05", "bic": "LIBADEF0XXX",
        "person": "Petra Person", "phone": "02990 5551-0", "email": "post@traeger.example",
        "tax_number": "999/5800/0013", "tax_exemption": "§ 4 Nr. 18 UStG",
    }  # fmt: skip
    context = {
        "draft": False,
        "title": "Titel",
        "subject": "Betreff",
        "number": "N-1",
        "period": {"name": "Jahr", "days": "Tage"},
        "date": "01.01.2024",
        "correction": False,
        "original": {"number": "", "date": ""},
        "creditor": party | {"place": "", "address": []},
        "debtor": party,
        "contract": {"number": "C-1", "title": "Vertrag"},
        "file_number": "C-1",
        "legal_basis": "",
        "clauses": "",
        "lines": [line | {"position": number} for number in range(1, 51)],
        "total": "3.000,00 €",
        "instalments": [],
        "balance": {"kind": "due", "label": "", "amount": "3.000,00 €"},
        "payment": {"days": 30, "until": "31.01.2024"},
        "together": {"kind": "due", "rows": []},
        "annex": {"count": 0, "records": [], "payroll": [], "payroll_total": ""},
    }
    return render(find_template("documents/statement.docx"), context)
