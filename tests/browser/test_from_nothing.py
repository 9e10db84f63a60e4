"""From an installation with people and houses alone to a month that is billed, and a change of it.

Everything is done as people do it, on a desk and on a telephone, the studio included. Nobody types
a key of the machine.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import pytest
from playwright.sync_api import expect

from tests.browser.beginning import begin
from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.studio import DraftForm
from tests.browser.test_journeys import confirm, drawn_anew, open_statement, start_run

pytestmark = pytest.mark.once

DESK = {"viewport": {"width": 1280, "height": 900}}
TELEPHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
BOTH = pytest.mark.parametrize("look", [DESK, TELEPHONE], ids=["desk", "telephone"])

SERVICE, MODULES = "Aufsuchende Beratung", "Module der aufsuchenden Beratung"
NUMBER = "V-2024-01"
RATE, LATER_RATE = "62,40", "66,00"
WORK = (("08", "1:30", 90), ("15", "0:45", 45), ("22", "1:20", 80))
"""Days of January, the time as it is typed, and in minutes."""


def billed() -> str:
    """What January comes to, as it is printed."""
    hours = Decimal(sum(minutes for _day, _typed, minutes in WORK)) / 60
    cents = (hours * Decimal("62.40")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{cents} €".replace(".", ",")


def write_description(author: Person) -> None:
    author.open("/descriptions/")
    author.follow("Neu: Leistungsbeschreibung")
    form = DraftForm(author)
    form.fill({"title": SERVICE, "applies_from": "01.01.2025"})
    form.fill({"offer-0-value": "Fachkräfte suchen Menschen dort auf, wo sie leben."})
    form.add("goals")
    form.fill({"goals-0-value": "Der Kontakt zum Jobcenter gelingt wieder."})
    form.submit()


def write_catalogue(author: Person) -> None:
    author.open("/catalogues/")
    author.follow("Neu: Modulkatalog")
    form = DraftForm(author)
    form.fill({"title": MODULES, "applies_from": "01.01.2025"})
    unit = "units-0-value"
    form.fill({f"{unit}-label": "Einzelstunde", f"{unit}-short": "E-Std."})
    form.fill({f"{unit}-minutes": "60"})
    form.add("modules")
    for place, (title, least, most) in enumerate(
        (("Kontakt", "2", "4"), ("Begleitung", "8", "10"))
    ):
        module = f"modules-{place}-value"
        form.fill({f"{module}-code": str(place + 1), f"{module}-title": title})
        form.add(f"{module}-quantities")
        quantity = f"{module}-quantities-0-value"
        form.fill({f"{quantity}-unit": "Einzelstunde"})
        form.fill({f"{quantity}-minimum": least, f"{quantity}-maximum": most})
    form.add("need_groups")
    group = "need_groups-0-value"
    form.fill({f"{group}-code": "1", f"{group}-title": "Rückzug"})
    form.add(f"{group}-combinations")
    entries = f"{group}-combinations-0-value-entries"
    form.add(entries)
    form.name_modules(f"{entries}-0-value-modules", "1 Kontakt", "2 Begleitung")
    # 2 to 4 and 8 to 10 hours.
    form.sees_beside("Summen ein- oder ausblenden", "10–14 E-Std.")
    form.submit()


def begin_contract(author: Person) -> None:
    author.open("/contracts/")
    author.follow("Neu: Vertrag")
    page = author.page
    author.fill(provider="Suchthilfe Brückenweg e. V.", amount=RATE)
    author.fill(begins="2025-01-01", ends="2025-12-31", state="HE")
    for service in (SERVICE, MODULES):
        page.get_by_label(service, exact=True).check()
    page.get_by_label("nach Stunden").check()
    page.get_by_label("jeden Monat").check()
    author.click("Entwurf anlegen")


def present(author: Person) -> None:
    """Put the draft that the author has open in the studio before both parties."""
    author.page.get_by_role("button", name="Aktionen", exact=True).click()
    author.follow("Zur Unterschrift vorlegen")
    author.click("Zur Unterschrift vorlegen")
    author.sees("Unterschriften fehlen")


def sign(person: Person) -> None:
    """Confirm one's signature, beginning on the start page."""
    person.open("/")
    person.page.locator("main a", has_text=NUMBER).first.click()
    person.page.wait_for_load_state("networkidle")
    person.follow("Ihre Unterschrift bestätigen")
    person.fill(function="Geschäftsführung", evidence="Vertragsakte, Blatt 7")
    person.page.locator("main input[name=signed]").check()
    person.click("Unterschrift bestätigen")
    person.sees("Ihre Unterschrift ist bestätigt.")


def approve(approver: Person, title: str, number: int) -> None:
    """Find what waits on the start page, read it, approve; it becomes edition `number`."""
    approver.open("/")
    approver.page.locator("main a", has_text=title).first.click()
    approver.page.wait_for_load_state("networkidle")
    approver.sees("Was sich ändert")
    approver.click("Freigeben und veröffentlichen")
    approver.sees(f"ist als Fassung {number} veröffentlicht")


def open_case(caseworker: Person) -> None:
    caseworker.open("/cases/")
    caseworker.follow("Neuer Fall")
    page = caseworker.page
    option = page.locator("select[name=contract] option", has_text=NUMBER)
    with drawn_anew(caseworker):
        page.locator("select[name=contract]").select_option(option.get_attribute("value"))
    with drawn_anew(caseworker):
        caseworker.fill(assigned_on="2025-01-07")
    caseworker.fill(first_name="Kim", last_name="Musterfall", number="K-101")
    with drawn_anew(caseworker):
        page.locator("select[name=need_group]").select_option(label="1 Rückzug")
    caseworker.click("Fall eröffnen")
    caseworker.sees("10–14 E-Std.")


def record_work(counsellor: Person) -> None:
    for day, typed, _minutes in WORK:
        counsellor.open(f"/records/day/?day=2025-01-{day}")
        page = counsellor.page
        page.locator("[data-case]").first.press_sequentially("K-101")
        page.keyboard.press("Enter")
        expect(page.locator("[data-kind]").first).to_be_focused()
        page.locator("[data-module]").first.select_option(label="2 Begleitung")
        page.locator("[data-minutes]").first.fill(typed)
        page.keyboard.press("Control+Enter")
        counsellor.sees("1 Eintrag gespeichert.")


def read_in_public(site: Site, visit: Callable[..., Person], look: dict) -> None:
    """The page and the interface for programs show what is in force, to whoever asks."""
    reader = visit(site, **look)
    reader.open("/leistungen/")
    reader.follow(SERVICE)
    reader.sees("Fachkräfte suchen Menschen dort auf, wo sie leben.")
    reader.open("/leistungen/")
    reader.follow(MODULES)
    reader.sees("Begleitung")
    for kind, part, text in (
        ("descriptions", "offer", "Fachkräfte suchen Menschen dort auf, wo sie leben."),
        ("catalogues", "modules", "Begleitung"),
    ):
        asked = f"{site.url}/api/v2/{kind}/?fields={part}"
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            (item,) = json.load(answer)["items"]
        assert (item["edition"], item["applies_from"]) == (1, "2025-01-01")
        assert text in json.dumps(item[part], ensure_ascii=False)
        before = item["meta"]["detail_url"]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{before}?as_of=2024-12-31")  # noqa: S310
    assert reader.troubles == []


def propose(lead: Person) -> None:
    lead.open("/contracts/")
    lead.follow(NUMBER)
    lead.follow("Änderung vorschlagen")
    lead.fill(change=f"{LATER_RATE} € je Stunde", reason="Neuer Tarif", applies_from="2025-04-01")
    lead.click("Vorschlag senden")
    lead.sees("Ihr Vorschlag ist gesendet.")


def take_up(author: Person) -> None:
    author.open("/")
    author.page.locator("main a", has_text=NUMBER).first.click()
    author.page.wait_for_load_state("networkidle")
    author.sees(f"{LATER_RATE} € je Stunde")
    author.follow("Antworten")
    author.page.get_by_label("Aufgreifen").check()
    author.fill(answer="Einverstanden.")
    author.click("Antwort senden")
    form = DraftForm(author)
    form.fill({"applies_from": "01.04.2025"})
    paid = f"Die Leistungen werden nach Stunden vergütet: {LATER_RATE} € je Stunde."
    form.fill({"clauses-3-value-paragraphs": paid})
    form.fill({"remuneration-0-value-rates-0-value-amount": LATER_RATE.replace(",", ".")})
    author.click("Entwurf speichern")


@BOTH
def test_from_nothing_to_a_month_billed(site: Site, visit: Callable[..., Person], look):
    site.go_to("2024-12-02")
    begin(site, "10-*")
    author, approver, director, lead = (
        visit(site, name, **look)
        for name in ("manager.weber", "manager.sommer", "director.linde", "lead.bruecke")
    )
    write_description(author)
    write_catalogue(author)
    for title in (SERVICE, MODULES):
        approve(approver, title, 1)
    begin_contract(author)
    present(author)
    for party in (director, lead):
        sign(party)
    author.open("/studio/snippets/contracts/contract/")
    author.follow(NUMBER)
    DraftForm(author).submit()
    approve(approver, NUMBER, 1)
    people = [author, approver, director, lead]

    site.go_to("2025-01-07")
    caseworker = visit(site, "caseworker.probe", **look)
    open_case(caseworker)
    site.go_to("2025-01-22")
    counsellor = visit(site, "counsellor.stein", **look)
    record_work(counsellor)

    site.go_to("2025-02-03")
    checker, releaser = (
        visit(site, name, **look) for name in ("finance.taler", "finance.groschen")
    )
    start_run(checker, job="statements", period="Januar 2025")
    open_statement(checker, NUMBER)
    checker.sees(billed())
    confirm(checker, "Prüfen")
    open_statement(releaser, NUMBER)
    confirm(releaser, "Freigeben")
    confirm(releaser, "Ausstellen")
    for text in ("SHB-2025-0001", billed()):
        releaser.sees(text)
    people += [caseworker, counsellor, checker, releaser]

    read_in_public(site, visit, look)

    author, approver, director, lead = (
        visit(site, name, **look)
        for name in ("manager.weber", "manager.sommer", "director.linde", "lead.bruecke")
    )
    propose(lead)
    take_up(author)
    present(author)
    for party in (director, lead):
        sign(party)
    author.open("/studio/snippets/contracts/contract/")
    author.follow(NUMBER)
    DraftForm(author).submit()
    approve(approver, NUMBER, 2)
    lead.open("/contracts/")
    lead.follow(NUMBER)
    lead.follow("Fassungen")
    lead.follow("2")
    lead.sees(f"{LATER_RATE} €")
    people += [author, approver, director, lead]
    assert [trouble for person in people for trouble in person.troubles] == []
