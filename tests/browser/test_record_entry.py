"""A day's work entered by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.site import Site

pytestmark = pytest.mark.once

# Case, module and time as somebody types them: values, which are not counted.
WORK = (
    ("002", "1", "60"),
    ("003", "1", "1:30"),
    ("004", "2", "45"),
    ("005", "1", "9-9:45"),
    ("006", "1", "30"),
    ("002", "2", "1,5 h"),
    ("007", "1", "20"),
    ("008", "2", "75"),
)
MOST_KEYS = 60
MINUTES = 60 + 90 + 45 + 45 + 30 + 90 + 20 + 75


def test_eight_records_without_a_mouse(begun: Site, visit: Callable[..., Person]):
    person = visit(begun, "counsellor.stein")
    person.open("/records/day/?day=2023-12-20")
    page, keys = person.page, []

    def press(key: str) -> None:
        keys.append(key)
        page.keyboard.press(key)

    for place, (case, module, time) in enumerate(WORK):
        row = page.locator("[data-row]").nth(place)
        expect(row.locator("[data-case]")).to_be_focused()
        page.keyboard.type(case)
        press("Enter")
        expect(row.locator("[data-kind]")).to_be_focused()
        press("Tab")
        page.keyboard.type(module)
        press("Tab")
        page.keyboard.type(time)
        if place < len(WORK) - 1:
            press("Enter")
    press("Control+Enter")
    person.sees("8 Einträge gespeichert.")
    person.sees(f"{MINUTES // 60}:{MINUTES % 60:02d} h")
    expect(page.locator("tbody tr")).to_have_count(len(WORK))
    assert len(keys) < MOST_KEYS
    assert person.troubles == []


def test_rows_taken_away_take_no_others_along(begun: Site, visit: Callable[..., Person]):
    """Two of four rows are removed again before the day is saved; one is refused at first."""
    person = visit(begun, "counsellor.stein")
    person.open("/records/day/?day=2023-12-20")
    page, rows = person.page, person.page.locator("[data-row]")
    for place, (case, time) in enumerate((("002", "10"), ("003", "20"), ("004", "lange"))):
        expect(rows.nth(place).locator("[data-case]")).to_be_focused()
        page.keyboard.type(case)
        page.keyboard.press("Enter")
        expect(rows.nth(place).locator("[data-kind]")).to_be_focused()
        rows.nth(place).locator("[data-module]").select_option("ohne Modul")
        rows.nth(place).locator("[data-minutes]").fill(time)
        rows.nth(place + 1).locator("[data-case]").focus()
    rows.first.locator("[data-remove]").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_load_state("networkidle")
    expect(rows).to_have_count(3)
    refused = rows.nth(1).locator("[data-minutes]")
    expect(refused).to_have_attribute("aria-invalid", "true")
    refused.fill("30")
    page.keyboard.press("Control+Enter")
    person.sees("2 Einträge gespeichert.")
    person.sees("0:50 h")
