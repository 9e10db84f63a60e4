"""Days in people's lives (requirements, section E), from an empty database to the documents."""

import csv
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.site import ROOT, Site

pytestmark = pytest.mark.once

SAMPLE = ROOT / "sample"
PAYSLIP = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def begin(site: Site, *names: str, without: tuple[str, str] | None = None) -> None:
    """Import files of the sample into the empty site and open the accounts.

    `without` names a table and a reference: that row is left out.
    """
    folder = site.folder / "begin"
    folder.mkdir()
    for name in names:
        (path,) = SAMPLE.glob(name)
        text = path.read_text(encoding="utf-8")
        if without and path.name.startswith(without[0]):
            lines = text.splitlines(keepends=True)
            text = "".join(line for line in lines if without[1] not in next(csv.reader([line])))
        (folder / path.name).write_text(text, encoding="utf-8")
    site.manage("import_data", str(folder), "--save")
    site.run_inside("open_accounts")


def words(document: bytes) -> str:
    """All text of a .docx, tables included."""
    read = Document(BytesIO(document))
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in read.paragraphs), *cells])


def downloaded(person: Person, label: str) -> bytes:
    """Press a link that gives a file and return its bytes."""
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name=label).first.click()
    return Path(download.value.path()).read_bytes()


def start_run(person: Person, *, job: str, period: str) -> None:
    """Start a job by hand, confirm, and wait for its end."""
    person.open("/runs/start/")
    person.page.select_option("select[name=job]", job)
    person.page.select_option("select[name=period]", label=period)
    person.click("Weiter")
    person.page.locator("main button[type=submit]").last.click()
    person.page.wait_for_load_state("networkidle")


def open_statement(person: Person, row: str) -> None:
    """Open the statement whose row in the list has these words."""
    person.open("/statements/")
    person.page.locator("tbody tr", has_text=row).first.locator("a").first.click()
    person.page.wait_for_load_state("networkidle")


def confirm(person: Person, link: str, **values: str) -> None:
    """Follow a button to its page of confirmation, fill it in, and confirm."""
    person.follow(link)
    person.fill(**values)
    person.page.locator("main form button[type=submit]").last.click()
    person.page.wait_for_load_state("networkidle")


def test_finance_returns_and_issues_a_statement(site: Site, visit: Callable[..., Person]):
    """E4: a payslip is missing; returned, completed, checked, released, issued; then corrected."""
    begin(
        site,
        "10-*", "20-*", "40-*", "60-*", "61-*",
        without=("60-", "SB-P-2024-14"),
    )  # fmt: skip
    site.go_to("2025-03-03")
    finance = visit(site, "finance.taler")
    start_run(finance, job="statements", period="Jahr 2024")
    open_statement(finance, "SB-2010-01")
    # 28,757.62 less December's 2,281.90; 12 % of it are less than 5,400.00; 10 % are 2,647.57.
    for amount in ("26.475,72", "5.400,00", "2.647,57", "34.523,29", "31.03.2025"):
        finance.sees(amount)
    confirm(finance, "Zurückgeben", reason="Der Gehaltsnachweis für Dezember fehlt.")
    finance.sees("zurückgegeben")

    lead = visit(site, "lead.bruecke")
    open_statement(lead, "zurückgegeben")
    lead.sees("Der Gehaltsnachweis für Dezember fehlt.")
    lead.open("/payroll/")
    lead.follow("Kosten erfassen")
    lead.fill(**{"form-0-day": "2024-12-30", "form-0-label": "Gehalt 12/2024"})
    lead.fill(**{"form-0-amount": "2.281,90"})
    payslip = {"name": "Gehalt 12.pdf", "mimeType": "application/pdf", "buffer": PAYSLIP}
    lead.page.set_input_files("input[name=form-0-file]", payslip)
    lead.click("Speichern")
    open_statement(lead, "zurückgegeben")
    confirm(lead, "Erneut einreichen", note="Der Nachweis liegt jetzt bei.")

    site.go_to("2025-03-28")
    checker, releaser = visit(site, "finance.taler"), visit(site, "finance.groschen")
    open_statement(checker, "SB-2010-01")
    for amount in ("28.757,62", "5.400,00", "2.875,76", "37.033,38", "Gehalt 12.pdf"):
        checker.sees(amount)
    confirm(checker, "Prüfen")
    expect(checker.page.get_by_role("link", name="Freigeben", exact=True)).to_have_count(0)
    open_statement(releaser, "SB-2010-01")
    confirm(releaser, "Freigeben")
    confirm(releaser, "Ausstellen")
    for text in ("SHB-2025-0001", "28.03.2025", "37.033,38", "966,62"):
        releaser.sees(text)
    letter = words(downloaded(releaser, "Dokument (.docx)"))
    for amount in ("28.757,62", "5.400,00", "2.875,76", "37.033,38", "966,62"):
        assert amount in letter
    for action in ("Prüfen", "Zurückgeben", "Neu berechnen"):
        expect(releaser.page.get_by_role("link", name=action, exact=True)).to_have_count(0)

    lead = visit(site, "lead.bruecke")
    lead.open("/payroll/")
    lead.page.locator("tbody tr", has_text="Gehalt 12/2024").locator("a").first.click()
    lead.follow("Ändern")
    lead.fill(amount="2.401,90", reason="Stufenaufstieg im Dezember")
    lead.page.locator("main form button[type=submit]").last.click()
    finance = visit(site, "finance.taler")
    start_run(finance, job="statements", period="Jahr 2024")
    open_statement(finance, "Korrektur 1")
    # 120.00 more, the minimum stays, 10 % of 120.00.
    for amount in ("132,00", "37.165,38", "37.033,38"):
        finance.sees(amount)
    troubles = [t for person in (finance, lead, checker, releaser) for t in person.troubles]
    assert troubles == []
