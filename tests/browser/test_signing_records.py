"""Clients sign records: on a telephone without a network, and at the desk."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.on_the_way import AT_REST, card, fill, sit_down, tells
from tests.browser.person import Person, wait_until
from tests.browser.site import Site

pytestmark = pytest.mark.once


def draw(within: Locator) -> None:
    """Draw one stroke in the field to sign in."""
    field = within.locator("[data-pad-field]")
    if (opens := within.locator("[data-pad-open]")).is_visible():
        opens.tap()
    field.scroll_into_view_if_needed()
    box, mouse = field.bounding_box(), field.page.mouse
    mouse.move(box["x"] + 30, box["y"] + 40)
    mouse.down()
    for step in range(1, 20):
        mouse.move(box["x"] + 30 + 8 * step, box["y"] + 40 + 20 * (step % 2))
    mouse.up()


SWIPE = """field => {
    const {left, top} = field.getBoundingClientRect();
    for (const [name, y] of [["pointerdown", 90], ["pointermove", 20], ["pointerup", 20]]) {
        const at = {pointerId: 7, pointerType: "touch", isPrimary: true};
        const where = {clientX: left + 50, clientY: top + y};
        field.dispatchEvent(new PointerEvent(name, {bubbles: true, ...at, ...where}));
    }
}"""


def swipe(field: Locator) -> None:
    """Move a finger over the field, as who scrolls the page does."""
    field.evaluate(SWIPE)


def test_a_record_is_signed_where_the_visit_is(office: Site, visit: Callable[..., Person]):
    """Who changes the time has it signed again; record and signature arrive together."""
    office.run_inside("ask_for_signatures")
    person = sit_down(visit, office)
    page, context = person.page, person.page.context
    context.set_offline(True)
    here = fill(page, "002", begins="08:05", ends="08:50")
    swipe(here.locator("[data-pad-field]"))
    expect(here.locator("[data-pad-ink]")).to_have_attribute("d", "")
    draw(here)
    expect(here.locator("[data-pad-ink]")).not_to_have_attribute("d", "")
    here.locator("[name=ends]").fill("08:45")
    expect(here.locator("[data-again]")).to_be_visible()
    expect(here.locator("[data-pad-ink]")).to_have_attribute("d", "")
    draw(here)
    expect(here.locator("[data-again]")).to_be_hidden()
    page.evaluate("scrollTo(0, 0)")  # what stands behind the bar is no small target
    assert not person.overflows() and person.violations() == []
    here.get_by_role("button", name="Fertig").click()
    expect(card(page, "002")).to_contain_text("unterschrieben")
    assert "strokes" not in json.dumps(page.evaluate(AT_REST))
    context.set_offline(False)
    tells(page, "1 Eintrag gesendet.")
    assert json.loads(office.run_inside("show_signatures")) == [["drawn", 1, "2023-12-20", 1]]


def test_a_record_is_signed_at_the_desk(office: Site, visit: Callable[..., Person]):
    office.run_inside("ask_for_signatures")
    person = sit_down(visit, office)
    fill(person.page, "003").get_by_role("button", name="Fertig").click()
    tells(person.page, "1 Eintrag gesendet.")
    desk = visit(office, "counsellor.stein")
    page = desk.page
    desk.open("/records/?unsigned=on")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Unterschreiben").click()
    draw(page.locator("main"))
    page.get_by_label("hat selbst unterschrieben").check()
    page.get_by_role("button", name="Unterschrift speichern").click()
    expect(page.locator("svg.signature")).to_be_visible()
    assert desk.violations() == [] and not desk.overflows()
    assert json.loads(office.run_inside("show_signatures")) == [["drawn", 1, "2023-12-20", 1]]


# What a hand does that lies down beside the pen and is lifted again.
ANOTHER = """field => {
    for (const [name, x] of [["pointerdown", 5], ["pointermove", 250], ["pointerup", 250]]) {
        const at = {pointerId: 99, pointerType: "touch", isPrimary: true, clientX: x, clientY: 5};
        field.dispatchEvent(new PointerEvent(name, {bubbles: true, ...at}));
    }
}"""


def test_what_is_drawn_is_what_is_seen(office: Site, visit: Callable[..., Person]):
    """A dot is nothing, a hand beside the pen draws nothing, and a draft comes back in sight."""
    office.run_inside("ask_for_signatures")
    person = sit_down(visit, office)
    fill(person.page, "002").get_by_role("button", name="Fertig").click()
    tells(person.page, "1 Eintrag gesendet.")
    desk = visit(office, "counsellor.stein")
    page = desk.page
    desk.open("/records/?unsigned=on")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Unterschreiben").click()
    address = page.url.removeprefix(office.url)
    field, ink = page.locator("[data-pad-field]"), page.locator("[data-pad-ink]")
    sent = page.locator("[name=strokes]")
    field.click()
    expect(ink).not_to_have_attribute("d", "")
    expect(sent).to_have_value("")
    page.get_by_role("button", name="Feld leeren").click()
    box, mouse = field.bounding_box(), page.mouse
    mouse.move(box["x"] + 40, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + 80, box["y"] + 60)
    field.evaluate(ANOTHER)
    mouse.move(box["x"] + 120, box["y"] + 60)
    mouse.up()
    ((*_first, x, y),) = json.loads(sent.input_value())
    right, top = (round(600 * 120 / box["width"]), round(300 * 60 / box["height"]))
    assert abs(x - right) <= 3 and abs(y - top) <= 1
    drawn = ink.get_attribute("d")
    page.get_by_label("hat selbst unterschrieben").check()
    wait_until(page, "Object.keys(localStorage).some((name) => name.startsWith('fallwerk.draft'))")
    page.wait_for_timeout(500)  # the last of it is written
    desk.answer = lambda dialog: dialog.accept()
    desk.open("/records/")
    desk.open(address)
    expect(page.get_by_label("hat selbst unterschrieben")).to_be_checked()
    expect(ink).to_have_attribute("d", drawn)
    page.get_by_role("button", name="Feld leeren").click()
    expect(sent).to_have_value("")
