"""A week planned by keyboard and by mouse, and a record made of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.site import Site

pytestmark = pytest.mark.once

WEEK = "/appointments/?day=2023-12-18"


def slot(page, day: str, hour: str):
    """Return the free hour of a day."""
    return page.locator(f"[data-day='{day}'] [data-slot][href*='begins={hour}%3A00'],"
                        f"[data-day='{day}'] [data-slot][href*='begins={hour}:00']")  # fmt: skip


def middle(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + 8


def test_a_week_by_keyboard_and_mouse(begun: Site, visit: Callable[..., Person]):
    person = visit(begun, "counsellor.stein")
    person.open(WEEK)
    page = person.page

    # By keyboard: to Tuesday, nine o'clock, and there to a new appointment with case 002.
    page.locator("[data-slot][tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(slot(page, "2023-12-19", "09")).to_be_focused()
    with page.expect_navigation(wait_until="networkidle"):
        page.keyboard.press("Enter")
    expect(page.locator("[name=day]")).to_have_value("2023-12-19")
    expect(page.locator("[name=begins]")).to_have_value("09:00")
    page.locator("[data-case]").focus()
    page.keyboard.type("002")
    page.keyboard.press("Enter")
    expect(page.locator("[name=kind]")).to_be_focused()
    page.locator("[name=work]").select_option(index=1)
    page.locator("[name=note]").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    person.sees("1 Termin geplant.")
    event = page.locator("[data-move]")
    expect(event).to_have_count(1)

    # By mouse: a press is no drag, and a drag to Wednesday, eleven o'clock, is.
    x, y = middle(event)
    to_x, to_y = middle(slot(page, "2023-12-20", "11"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, to_y)
    page.mouse.move(to_x, to_y, steps=4)
    with page.expect_navigation():
        page.mouse.up()
    person.sees("Verschoben: Gespräch, 20.12.2023 11:00.")
    event.click()
    page.wait_for_load_state("networkidle")
    person.sees("Mittwoch, 20. Dezember 2023, 11:00–12:00")

    # The same by a form: half an hour longer, which a second appointment is in the way of.
    person.follow("Verschieben")
    person.fill(ends="12:30")
    person.click("Verschieben")
    person.sees("Verschoben: Gespräch, 20.12.2023 11:00.")
    slot(page, "2023-12-20", "10").click()
    page.wait_for_load_state("networkidle")
    person.fill(ends="11:30")
    person.click("Speichern")
    person.sees("Zu dieser Zeit gibt es schon einen Termin.")
    person.click("Trotzdem speichern")
    person.sees("1 Termin geplant.")
    expect(page.locator("[data-move]")).to_have_count(2)

    # From the appointment to its record, in one step.
    page.locator("[data-move]", has_text="11:00").click()
    page.wait_for_load_state("networkidle")
    person.follow("Erfassen")
    row = page.locator("[data-row]").first
    expect(row.locator("[data-minutes]")).to_have_value("11:00–12:30")
    expect(row.locator("[data-case]")).to_have_value(re.compile("K-002"))
    row.locator("[data-module]").select_option("ohne Modul")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    person.sees("1 Eintrag gespeichert.")
    person.open(WEEK)
    page.locator("[data-day='2023-12-20'] .event", has_text="11:00").click()
    page.wait_for_load_state("networkidle")
    person.sees("erfasst")
    expect(page.get_by_role("link", name="Erfassen", exact=True)).to_have_count(0)
    assert person.troubles == []


def test_rows_begun_on_the_day_leave_an_appointment_its_own(
    begun: Site, visit: Callable[..., Person]
):
    person = visit(begun, "counsellor.stein")
    page = person.page
    person.answer = lambda dialog: dialog.accept()
    person.open("/appointments/new/?day=2023-12-21")
    page.locator("[data-case]").focus()
    page.keyboard.type("002")
    page.keyboard.press("Enter")
    expect(page.locator("[name=kind]")).to_be_focused()
    person.click("Speichern")
    person.sees("1 Termin geplant.")

    # Something else is begun and kept on the device; then the appointment is to be recorded.
    person.open("/records/day/?day=2023-12-21")
    rows = page.locator("[data-row]")
    rows.first.locator("[data-case]").focus()
    page.keyboard.type("003")
    page.keyboard.press("Enter")
    expect(rows.first.locator("[data-kind]")).to_be_focused()
    rows.first.locator("[data-minutes]").fill("45")
    page.wait_for_timeout(500)
    for time in ("45", "50"):
        person.open("/appointments/?day=2023-12-21")
        page.locator("[data-day='2023-12-21'] .event").click()
        page.wait_for_load_state("networkidle")
        person.follow("Erfassen")
        expect(page.locator(".restored")).to_be_visible()
        expect(rows).to_have_count(3)
        for at, number, said in ((0, "K-002", "09:00–10:00"), (1, "K-003", time)):
            expect(rows.nth(at).locator("[data-case]")).to_have_value(re.compile(number))
            expect(rows.nth(at).locator("[data-minutes]")).to_have_value(said)
        expect(rows.first.locator("[data-told-ways]")).to_have_text("persönlich, beim Träger")
        expect(rows.nth(1).locator("[data-told-ways]")).to_have_text("")
        # Now both are kept on the device: the appointment's row is not there twice.
        rows.nth(1).locator("[data-minutes]").fill("50")
        page.wait_for_timeout(500)


def test_a_series_on_the_telephone(begun: Site, visit: Callable[..., Person]):
    person = visit(begun, "counsellor.stein", viewport={"width": 360, "height": 740})
    person.open("/appointments/new/?day=2024-03-25")
    page = person.page
    person.unfold()
    person.fill(kind="team", interval="1", frequency="weekly", until="2024-04-08")
    page.check("input[name=holidays]")  # the second is on Easter Monday
    person.click("Speichern")
    person.sees("3 Termine geplant.")
    person.open("/appointments/?day=2024-04-01")
    page.locator(".event").click()
    page.wait_for_load_state("networkidle")
    person.follow("Verschieben")
    page.check("input[name=scope][value=following]")
    person.fill(begins="13:00", ends="14:00")
    person.click("Verschieben")
    for day, at in (("2024-03-25", "09:00"), ("2024-04-01", "13:00"), ("2024-04-08", "13:00")):
        person.open(f"/appointments/?day={day}")
        expect(page.locator(".event-time")).to_contain_text([at])
        assert not person.overflows()
    assert person.troubles == []
