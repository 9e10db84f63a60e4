"""Days in people's lives (requirements, section E), from an empty database to the documents."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import expect

from tests.browser.beginning import begin
from tests.browser.person import Person, wait_until
from tests.browser.site import Site
from tests.browser.studio import reveal

pytestmark = pytest.mark.once

PAYSLIP = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


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
    site.go_to("2025-03-03")
    begin(
        site,
        "10-*", "20-*", "40-*", "60-*", "61-*",
        without=("60-", "SB-P-2024-14"),
    )  # fmt: skip
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


@contextmanager
def drawn_anew(person: Person) -> Iterator[None]:
    """Wait for the part of a form that the server draws anew after what is done inside.

    Keys that people type wait by themselves; what a test fills in at once would be lost.
    """
    with person.page.expect_response(lambda answer: answer.request.method == "POST"):
        yield
    wait_until(
        person.page,
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')",
    )


def test_manager_changes_a_catalogue_and_an_auditor_follows(
    site: Site, visit: Callable[..., Person]
):
    """E1 and E5: 10 become 12 hours, a second person approves, the running case stays as it was."""
    site.go_to("2024-12-16")
    begin(site, "10-*", "20-*", "40-*")

    caseworker = visit(site, "caseworker.probe")
    caseworker.open("/cases/new/")
    contract = caseworker.page.locator("select[name=contract] option", has_text="SB-2010-01")
    value = contract.first.get_attribute("value")
    with drawn_anew(caseworker):
        caseworker.page.locator("select[name=contract]").select_option(value)
    with drawn_anew(caseworker):
        caseworker.fill(assigned_on="2024-12-10")
    caseworker.fill(first_name="Kim", last_name="Musterfall", number="K-101")
    with drawn_anew(caseworker):
        caseworker.page.locator("select[name=need_group]").select_option(
            label="2 Hilfebedarfsgruppe 2"
        )
    caseworker.click("Fall eröffnen")
    caseworker.sees("K-101")
    caseworker.sees("22 E-Stunde + 13 Grp-Sitzung")

    author = visit(site, "manager.weber")
    author.open("/studio/snippets/cms/catalogue/edit/1/")
    for end in ("minimum", "maximum"):
        reveal(author, f"modules-1-value-quantities-0-value-{end}").fill("12")
    reveal(author, "applies_from").fill("01.01.2025")
    author.page.keyboard.press("Escape")
    figures = author.page.locator("body")
    for total in ("24 E-Stunde + 13 Grp-Sitzung", "40 (+3) E-Stunde", "50 (+3) E-Stunde + 13"):
        expect(figures).to_contain_text(total)
    author.page.get_by_role("button", name="Mehr Aktionen").click()
    with author.page.expect_navigation():
        author.page.get_by_role("button", name="Zur Freigabe einreichen").click()

    approver = visit(site, "manager.sommer")
    approver.open("/studio/")
    approver.page.get_by_role("link", name="Leistungsmodule der Suchthilfe").first.click()
    approver.page.wait_for_load_state("networkidle")
    with approver.page.expect_navigation():
        approver.page.get_by_role("button", name="Freigeben und Veröffentlichen").click()

    approver.open("/catalogues/1/compare/?old=1&new=2")
    for change in ("10", "12", "22 E-Stunde + 13", "24 E-Stunde + 13", "40 (+3)", "50 (+3)"):
        approver.sees(change)
    approver.open("/calendar/?year=2025")
    approver.sees("30.06.2025")

    caseworker.open("/cases/1/")
    caseworker.sees("22 E-Stunde + 13 Grp-Sitzung")
    caseworker.sees("Fassung 1")

    auditor = visit(site, "auditor.genau")
    auditor.open("/history/?text=M2")
    for text in ("Leistungsmodule der Suchthilfe", "Weber-Beispiel", "Sommer-Muster", "10", "12"):
        auditor.sees(text)
    auditor.open("/cases/1/")
    auditor.sees("Fassung 1")
    auditor.sees_not("Musterfall")
    expect(auditor.page.get_by_role("link", name="Ändern")).to_have_count(0)
    auditor.open("/history/?text=M2")
    auditor.page.locator("summary", has_text="Exportieren").click()
    table = downloaded(auditor, "CSV-Datei (.csv)").decode("utf-8-sig")
    assert "Sommer-Muster" in table and "12" in table
    auditor.open("/history/")
    auditor.sees("exportiert")
    people = (caseworker, author, approver, auditor)
    assert [trouble for person in people for trouble in person.troubles] == []


def test_counsellor_records_a_day_and_reports(site: Site, visit: Callable[..., Person]):
    """E3 without the voucher: intake session, group session, interim report without consent."""
    site.go_to("2024-05-21")
    begin(site, "10-*", "20-*", "21-*", "30-*", "31-*", "40-*", "42-*", "50-*", "54-*")

    counsellor = visit(site, "counsellor.nord")
    counsellor.open("/records/day/")
    keyboard = counsellor.page.keyboard
    keyboard.type("K-001")
    keyboard.press("Enter")
    expect(counsellor.page.locator("[data-kind]").first).to_be_focused()
    keyboard.press("Tab")
    keyboard.type("E")
    keyboard.press("Tab")
    keyboard.type("1 h")
    keyboard.press("Control+Enter")
    counsellor.sees("1 Eintrag gespeichert.")
    counsellor.sees("Eingangsberatung")
    counsellor.sees("1:00 h")

    counsellor.open("/cases/?search=SCH-K-001")
    counsellor.follow("SCH-K-001")
    counsellor.open(counsellor.page.url.removeprefix(site.url) + "forms/new/")
    counsellor.page.get_by_label("Zwischen- und Abschlussbericht").check()
    counsellor.click("Beginnen")
    answers = {
        "Berichtszeitraum von": "2023-11-27",
        "Berichtszeitraum bis": "2024-05-21",
        "Ausgangssituation": "Neun Forderungen",
        "Gesundheit": "Depression in Behandlung",
        "Ziele der Beratung": "Überblick gewinnen",
        "Wahrgenommene Termine": "1",
        "Letzter Termin": "2024-05-21",
        "Ergebnis": "Unterlagen geordnet",
        "Nächster Schritt": "Haushaltsplan aufstellen",
        "Nächster Termin": "2024-06-04",
    }
    fields = counsellor.page.locator("main :is(input, textarea)")
    for label, text in answers.items():
        fields.and_(counsellor.page.get_by_label(label)).first.fill(text)
    counsellor.page.get_by_label("Art des Berichts").select_option("Zwischenbericht")
    counsellor.page.get_by_role("radio", name="ja").first.check()
    counsellor.click("Prüfen und einreichen")
    counsellor.click("Einreichen")
    counsellor.sees("Depression in Behandlung")

    officer = visit(site, "caseworker.probe")
    officer.open(counsellor.page.url.removeprefix(site.url))
    report = words(downloaded(officer, "Dokument (.docx)"))
    for told in ("21.05.2024", "04.06.2024", "Haushaltsplan aufstellen"):
        officer.sees(told)
        assert told in report
    for kept in ("Depression", "Neun Forderungen", "Überblick gewinnen", "geordnet"):
        officer.sees_not(kept)
        assert kept not in report

    leader = visit(site, "counsellor.stein")
    leader.open("/records/session/")
    leader.fill(minutes="90", counsellors="1")
    leader.page.locator("select[name=module]").select_option(index=1)
    for number in range(1, 7):
        leader.page.get_by_label("Teilnehmende").press_sequentially(f"SB-K-00{number}")
        expect(leader.page.get_by_role("option", name=f"SB-K-00{number}")).to_be_visible()
        leader.page.keyboard.press("Enter")
    leader.sees("6 Teilnehmende")
    leader.click("Speichern")
    leader.open("/records/")
    leader.page.locator("tbody tr").first.locator("a").first.click()
    leader.sees("0,25 h")
    people = (counsellor, officer, leader)
    assert [trouble for person in people for trouble in person.troubles] == []
