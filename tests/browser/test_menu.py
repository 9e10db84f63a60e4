"""The menu on the telephone: while it is open, the focus does not go behind it."""

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, wait_until

pytestmark = pytest.mark.once

SMALL, LARGE = {"width": 360, "height": 640}, {"width": 1280, "height": 900}
IN_MAIN = "document.activeElement.closest('main') !== null"


@pytest.fixture
def reader(sample, visit) -> Person:
    """Somebody whose menu is open."""
    person = visit(sample, "manager.weber", viewport=SMALL)
    person.page.locator("[data-menu-button]").press("Enter")
    return person


def test_what_the_open_menu_covers_takes_no_focus(reader: Person):
    page = reader.page
    links = page.locator("[data-menu] a")
    expect(links.first).to_be_focused()
    links.last.focus()
    page.keyboard.press("Tab")
    assert not page.evaluate(IN_MAIN), page.evaluate("document.activeElement.outerHTML")

    page.keyboard.press("Escape")
    expect(page.locator("[data-menu-button]")).to_be_focused()
    page.locator("main a:visible").first.focus()
    wait_until(page, IN_MAIN)


def test_in_a_window_made_wide_the_menu_is_beside_the_page(reader: Person):
    page = reader.page
    page.set_viewport_size(LARGE)
    expect(page.locator("[data-menu]")).not_to_have_class("menu open")
    page.locator("main a:visible").first.focus()
    wait_until(page, IN_MAIN)


@pytest.mark.parametrize("viewport", [SMALL, LARGE], ids=["small", "large"])
def test_what_unfolds_keeps_its_words_off_its_border(sample, visit, viewport):
    page = visit(sample, "counsellor.stein", viewport=viewport).page
    page.goto(f"{sample.url}/appointments/")
    page.locator("main details:has(.popup.links) > summary").click()
    around = page.locator("main .popup.links").bounding_box()
    first = page.locator("main .popup.links a").first.bounding_box()
    assert first["x"] - around["x"] > 8
    assert first["y"] - around["y"] > 8
