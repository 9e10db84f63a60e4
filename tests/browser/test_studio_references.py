"""References in the studio: chosen from what stands in the form, in step with it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.site import Site

pytestmark = pytest.mark.once

UNIT = "select[name=modules-0-value-quantities-0-value-unit]"
LABEL = "input[name=units-0-value-label]"
KEY = "input[name=units-0-value-key]"
NEW = "neues-modul-fuer-uebergaenge"


@pytest.fixture
def catalogue(sample: Site, visit: Callable[..., Person]) -> Person:
    """A manager before the form of a catalogue, with every part unfolded; nothing is saved."""
    person = visit(sample, "manager.weber").saves_nothing()
    person.open("/studio/snippets/cms/catalogue/edit/1/")
    unfold(person.page)
    return person


def unfold(page) -> None:
    """Open every part, and those inside, which are drawn only then."""
    page.evaluate(
        """() => {
            const closed = "[data-panel-toggle][aria-expanded=false]";
            const find = () => document.querySelectorAll(closed);
            for (let folded = find(); folded.length; folded = find()) {
                folded.forEach((toggle) => toggle.click());
            }
        }"""
    )


def show_key(page, key: str) -> None:
    """Unfold what is seldom filled in of the part that has this key's field."""
    part = page.locator(key).locator("xpath=ancestor::section[@data-panel][1]")
    part.locator("> * > [data-panel-controls] button[title=Einstellungen]").first.click()


def open_tab(person: Person, name: str) -> None:
    person.page.get_by_role("tab", name=name).click()


def chosen(place) -> str:
    return place.evaluate("(select) => select.selectedOptions[0].text")


def offered(place) -> list[str]:
    place.focus()
    return place.evaluate("(select) => [...select.options].map((option) => option.value)")


def test_references_follow_what_they_name(catalogue: Person):
    page = catalogue.page
    assert chosen(page.locator(UNIT)) == page.input_value(LABEL) != ""
    page.fill(LABEL, "Beratungsstunde")
    expect(page.locator(UNIT).locator("option").first).to_have_text("Beratungsstunde")
    show_key(page, KEY)
    page.fill(KEY, "bst")
    page.press(KEY, "Tab")
    expect(page.locator(UNIT)).to_have_value("bst")

    unit = page.locator(LABEL).locator("xpath=ancestor::section[@data-panel][1]")
    unit.locator("> * > [data-panel-controls] button[title=Löschen]").click()
    expect(page.locator(UNIT).locator("option").first).to_have_text("fehlt: bst")
    assert "bst" not in offered(page.locator("select[name=modules-1-value-duplicate_of]"))
    open_tab(catalogue, "Module")
    assert offered(page.locator(UNIT))[:2] == ["", "bst"]


def test_a_new_part_can_be_chosen_at_once(catalogue: Person):
    page = catalogue.page
    open_tab(catalogue, "Module")
    count = page.locator("input[name^=modules-][name$=-value-code]").count()
    page.locator("button[title='Einen Block einfügen']:visible").last.click()
    new = page.locator("input[name^=modules-][name$=-value-code]")
    expect(new).to_have_count(count + 1)
    page.locator(f"input[name=modules-{count}-value-code]").fill("14")
    page.locator(f"input[name=modules-{count}-value-title]").fill("Neues Modul für Übergänge")

    open_tab(catalogue, "Hilfebedarfsgruppen")
    several = page.locator("[data-keys]").first
    before = several.locator("select").count()
    last = several.locator("select").nth(before - 1)
    assert NEW in offered(last)
    last.select_option(NEW)
    assert chosen(last) == "14 Neues Modul für Übergänge"
    expect(several.locator("select")).to_have_count(before + 1)
    sent = several.locator("xpath=preceding-sibling::textarea")
    assert sent.input_value().split("\n")[-1] == NEW

    # Emptied, a choice goes once nobody is in it any more.
    last.focus()
    last.select_option("")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(several.locator("select")).to_have_count(before)
    assert NEW not in sent.input_value()


def test_totals_follow_a_part_that_is_deleted(catalogue: Person):
    """Without group 5 there are no totals, since modules still name it: said without typing on."""
    page = catalogue.page
    totals = page.locator("[data-figures-shown]")
    expect(totals).to_contain_text("Hilfebedarfsgruppe 5")
    open_tab(catalogue, "Hilfebedarfsgruppen")
    last = page.locator("input[name=need_groups-4-value-title]")
    group = last.locator("xpath=ancestor::section[@data-panel][1]")
    group.locator("> * > [data-panel-controls] button[title=Löschen]").click()
    expect(totals).to_contain_text("hbg-5 ist unbekannt")
