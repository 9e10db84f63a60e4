"""The five minutes of the README, done as they are written there.

Each step says which accounts and which words of its paragraph it has used; what the paragraph
names beyond that, or no longer names, fails.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.person import Person
from tests.browser.site import ROOT, Site
from tests.browser.studio import DraftForm
from tests.browser.test_journeys import PAYSLIP, confirm, downloaded, words

pytestmark = pytest.mark.once

STEP = re.compile(r"^\d+\. \*\*(?P<title>.+?)\*\*(?P<text>.*?)(?=^\d+\. |^Then)", re.M | re.S)
NAMED = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)|`([^`]+)`")


class Step:
    """A paragraph of the tour: names in it are asked for one by one."""

    def __init__(self, text: str):
        found = (first or second for first, second in NAMED.findall(" ".join(text.split())))
        self.named = set(found)
        self.used: set[str] = set()

    def __call__(self, name: str) -> str:
        """Return a name that the paragraph has."""
        assert name in self.named, f"the tour does not name {name}"
        self.used.add(name)
        return name


def tour() -> dict[str, Step]:
    """Return the steps by their titles."""
    _before, text = (ROOT / "README.md").read_text("utf-8").split("\n## Five minutes\n")
    return {each["title"]: Step(each["text"]) for each in STEP.finditer(text)}


@pytest.fixture(scope="module")
def toured(sample: Site, tmp_path_factory) -> Iterator[Site]:
    """The sample as `make run` serves it, for one to change."""
    site = sample.copy_to(tmp_path_factory.mktemp("toured"))
    site.start()
    yield site
    site.stop()


def menu(person: Person, name: str) -> None:
    """Choose an entry of the menu."""
    person.page.locator(".menu-label").get_by_text(name, exact=True).click()
    person.page.wait_for_load_state("networkidle")


def row(person: Person, *texts: str):
    """Return the first row of a list that has all the texts."""
    found = person.page.locator("main tbody tr")
    for text in texts:
        found = found.filter(has_text=text)
    return found.first


def a_day_s_work(step: Step, sit_down) -> None:
    person = sit_down(step("counsellor.stein"))
    first, second = step("Leistungsnachweise → Tag erfassen").split(" → ")
    menu(person, first)
    person.follow(second)
    keyboard = person.page.keyboard
    keyboard.type(step("018"))
    keyboard.press("Enter")
    expect(person.page.locator("[data-kind]").first).to_be_focused()
    keyboard.press("Tab")
    keyboard.type(step("6"))
    keyboard.press("Tab")
    keyboard.type(step("1:30"))
    keyboard.press("Enter")
    keyboard.press("Control+Enter")
    person.sees("1 Eintrag gespeichert.")
    person.sees("1:30 h")
    person.follow("SB-K-018")
    expect(person.page.locator(".usage progress").first).to_be_visible()


def content_with_two_pairs_of_eyes(step: Step, sit_down) -> None:
    author = sit_down(step("manager.weber"))
    menu(author, step("Modulkataloge"))
    catalogue = step("Leistungsmodule der Suchthilfe")
    author.follow(catalogue)
    author.follow(step("Neue Fassung"))
    form = DraftForm(author)
    author.page.get_by_label(step("Gilt ab")).first.fill("01.01.2030")
    author.page.get_by_label("Gilt ab").first.press("Tab")
    for end in ("minimum", "maximum"):
        form.fill({f"modules-1-value-quantities-0-value-{end}": "12"})
    # Group 2 has modules 1 to 3: 22 hours became 24.
    form.sees_beside("Summen ein- oder ausblenden", "24 E-Stunde + 13 Grp-Sitzung")
    form.submit(step("Mehr Aktionen"), step("Zur Freigabe einreichen"))

    approver = sit_down(step("manager.sommer"))
    approver.follow(catalogue)
    approver.sees("24 E-Stunde + 13 Grp-Sitzung")
    approver.sees("SB-2010-01")
    approver.click(step("Freigeben und veröffentlichen"))
    approver.sees("ist als Fassung 2 veröffentlicht")
    menu(approver, "Modulkataloge")
    approver.follow(catalogue)
    approver.follow(step("Fassungen"))
    approver.follow(step("Was sich geändert hat"))
    for text in ("22 E-Stunde + 13", "24 E-Stunde + 13"):
        approver.sees(text)
    menu(approver, "Fälle")
    approver.page.get_by_role("link", name="SB-K-018", exact=True).click()
    approver.page.wait_for_load_state("networkidle")
    approver.answer_why()
    approver.sees("Fassung 1")


def every_cent(step: Step, sit_down) -> None:
    checker = sit_down(step("finance.taler"))
    menu(checker, step("Abrechnungen"))
    row(checker, "Entwurf", "SB-2010-01", "Jahr 2024").get_by_role("link").first.click()
    checker.page.wait_for_load_state("networkidle")
    checker.page.get_by_text(step("So entsteht der Betrag")).first.click()
    explained = checker.page.locator(".explanation").first
    expect(explained.locator("table.steps")).to_be_visible()
    expect(explained.locator("a[href*='#clause-']")).to_have_count(1)
    expect(explained.locator("a[href*='/payroll/']").first).to_be_visible()
    confirm(checker, "Prüfen")

    releaser = sit_down(step("finance.groschen"))
    releaser.page.goto(checker.page.url, wait_until="networkidle")
    confirm(releaser, "Freigeben")
    confirm(releaser, "Ausstellen")
    # 120.00 more for staff, and ten percent of it.
    assert "132,00" in words(downloaded(releaser, "Dokument (.docx)"))


def the_provider_s_side(step: Step, sit_down) -> None:
    person = sit_down(step("lead.bruecke"))
    menu(person, "Verträge")
    rows = person.page.locator("main tbody tr").all_inner_texts()
    assert rows and all("Suchthilfe Brückenweg" in text for text in rows)
    menu(person, step("Personalkosten und Belege"))
    person.follow("Kosten erfassen")
    person.fill(**{"form-0-day": "2024-12-30", "form-0-label": "Fortbildung"})
    person.fill(**{"form-0-amount": "80,00"})
    slip = {"name": "Beleg.pdf", "mimeType": "application/pdf", "buffer": PAYSLIP}
    person.page.set_input_files("input[name=form-0-file]", slip)
    person.click("Speichern")
    person.sees("Fortbildung")
    menu(person, "Abrechnungen")
    row(person, "zurückgegeben").get_by_role("link").first.click()
    person.page.wait_for_load_state("networkidle")
    confirm(person, step("Erneut einreichen"), note="Der Nachweis liegt jetzt bei.")
    menu(person, "Berichte")
    row(person, "Beurteilung fehlt").get_by_role("link").first.click()
    person.page.wait_for_load_state("networkidle")
    person.follow(step("Beurteilung schreiben"))
    person.fill(text="Die Zusammenarbeit war gut.", proposals="Keine.")
    person.page.locator("main form button[type=submit]").first.click()
    person.page.wait_for_load_state("networkidle")
    person.sees("Die Zusammenarbeit war gut.")


def nothing_unseen(step: Step, sit_down) -> None:
    person = sit_down(step("auditor.genau"))
    menu(person, step("Verlauf"))
    person.sees("Gesa Genau-Beispiel")
    person.follow(step("Integritätsprüfung"))
    person.click("Jetzt prüfen")
    menu(person, "Verlauf")
    person.page.locator("summary", has_text=step("Filter")).click()
    person.fill(text=step("SB-K-018"))
    person.click("Anwenden")
    person.sees_not("Probe, Moritz")
    person.follow("SB-K-018")
    person.answer_why()
    person.follow(step("Stand zu einem Zeitpunkt"))
    person.follow("SB-K-018")
    person.sees("Hilfebedarfsgruppe")
    person.sees_not("Probe, Moritz")
    menu(person, "Verlauf")
    person.sees("Grund der Einsicht angegeben")


def access_with_two_pairs_of_eyes(step: Step, sit_down) -> None:
    person = sit_down(step("administrator.technik"))
    menu(person, step("Personen"))
    row(person, "Groschen-Muster").get_by_role("link").first.click()
    person.page.wait_for_load_state("networkidle")
    person.follow("Ändern")
    person.page.get_by_label("Leitung", exact=True).check()
    person.page.locator("main form button[type=submit]").last.click()
    person.page.wait_for_load_state("networkidle")
    changed = sit_down("finance.groschen")
    menu(changed, "Abrechnungen")
    row(changed, "geprüft").get_by_role("link").first.click()
    changed.page.wait_for_load_state("networkidle")
    statement = changed.page.url
    changed.follow("Freigeben")
    changed.sees("Der Zugang von Gregor Groschen-Muster wurde von Toni Technik-Beispiel geändert")

    other = sit_down(step("administrator.kabel"))
    menu(other, "Personen")
    row(other, "Groschen-Muster").get_by_role("link").first.click()
    other.page.wait_for_load_state("networkidle")
    confirm(other, step("Zugangsänderungen bestätigen"))
    changed.page.goto(statement, wait_until="networkidle")
    confirm(changed, "Freigeben")
    changed.sees("freigegeben")


STEPS = {
    "A day's work.": a_day_s_work,
    "Content with two pairs of eyes.": content_with_two_pairs_of_eyes,
    "Every cent.": every_cent,
    "The provider's side.": the_provider_s_side,
    "Nothing unseen.": nothing_unseen,
    "Access with two pairs of eyes.": access_with_two_pairs_of_eyes,
}


def test_the_tour_has_these_steps():
    assert list(tour()) == list(STEPS)


@pytest.mark.parametrize("title", STEPS)
def test_the_tour_holds(title, toured, visit: Callable[..., Person]):
    step, people = tour()[title], []

    def sit_down(username: str) -> Person:
        people.append(visit(toured))
        people[-1].sign_in(username, PASSWORD)
        people[-1].page.wait_for_load_state("networkidle")
        return people[-1]

    STEPS[title](step, sit_down)
    assert step.used == step.named
    assert [trouble for person in people for trouble in person.troubles] == []
