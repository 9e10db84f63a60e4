"""A day's work entered by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.test_journeys import begin

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


def test_eight_records_without_a_mouse(site: Site, visit: Callable[..., Person]):
    begin(site, "10-*.yaml", "20-*.yaml", "30-*.yaml", "40-*.yaml", "50-*.yaml")
    person = visit(site, "counsellor.stein")
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
