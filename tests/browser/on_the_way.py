"""Visits recorded on a telephone: what journeys do there, and what they look at."""

import json
import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.person import Person, wait_until
from tests.browser.site import Site

VISITS = "/records/visits/"
TELEPHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
SOON = 60_000  # milliseconds
NOTE = "Vertraulich: Sucht besprochen"
# What lies in the browser's database, as far as it can be read without the key.
AT_REST = """async () => {
    const opened = (name) => new Promise((resolve) => {
        indexedDB.open(name).onsuccess = ({target}) => resolve(target.result); });
    const found = {};
    for (const {name} of await indexedDB.databases()) {
        const database = await opened(name);
        for (const store of database.objectStoreNames) {
            found[store] = await new Promise((resolve) => {
                database.transaction(store).objectStore(store).getAll().onsuccess =
                    ({target}) => resolve(target.result); });
        }
        database.close();
    }
    const text = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
        ? new TextDecoder().decode(value)
        : value instanceof CryptoKey ? `key ${value.extractable}`
        : value && typeof value === "object"
        ? Object.entries(value).map(([key, each]) => `${key}=${text(each)}`).join(" ")
        : String(value);
    return Object.fromEntries(Object.entries(found).map(([name, rows]) => [name, rows.map(text)]));
}"""


def sit_down(visit, office: Site, username: str = "counsellor.stein") -> Person:
    person = visit(office, username, **TELEPHONE)
    open_visits(person)
    return person


def open_visits(person: Person) -> None:
    """Open the page and wait until it works without a network."""
    person.open(VISITS)
    wait_until(person.page, "navigator.serviceWorker.controller !== null", seconds=60)


def card(page: Page, number: str) -> Locator:
    return page.locator(".visit").filter(has=page.locator("h2", has_text=re.compile(f"K-{number}")))


def state(page: Page, number: str) -> Locator:
    return card(page, number).locator("[data-state]")


def fill(page: Page, number: str, **values: str) -> Locator:
    """Open a visit and type what was done; it is not finished yet."""
    here = card(page, number)
    here.locator("[data-open]").click()
    here.locator("[name=module]").select_option(index=1)
    for name, value in values.items():
        field = here.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    expect(state(page, number)).to_have_text("angefangen")
    return here


def finish(page: Page, number: str, **values: str) -> None:
    fill(page, number, **values).get_by_role("button", name="Fertig").click()
    expect(state(page, number)).not_to_have_text("angefangen")


def tells(page: Page, text: str) -> None:
    """Wait until the page says so; the server may be busy."""
    expect(page.locator("[data-told]")).to_have_text(text, timeout=SOON)


def waits(page: Page) -> Locator:
    return page.locator("[data-bar]")


def recorded(office: Site) -> list[list[str]]:
    """Case, from, until and note of what is stored."""
    rows = json.loads(office.run_inside("show_records"))
    return [[number[-3:], begins[:5], ends[:5], note] for number, begins, ends, note, *_ in rows]


def ways(office: Site) -> list[list[str]]:
    """By what way and where it was done, of what is stored."""
    return [row[-2:] for row in json.loads(office.run_inside("show_records"))]


def end_session(person: Person) -> None:
    """What thirty idle minutes do."""
    person.page.context.clear_cookies(name="sessionid")
