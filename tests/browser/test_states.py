"""Pages in states seldom looked at: nothing found, refused, and the editors of the studio."""

import pytest
from playwright.sync_api import expect

from base.studio.approval import drafts
from contracts.roles import Role
from tests.browser.focus import lost_focus, lost_focus_at_each_size
from tests.browser.inside import PEOPLE
from tests.browser.person import Person

pytestmark = pytest.mark.once

SAID = "[data-said]"
FOLDED = "[role=tabpanel]:not([hidden]) [data-panel-toggle][aria-expanded=false]:visible"
DAY = "/records/day/?day=2023-12-20"
# Errors that neither a field nor a group of choices is described by.
UNBOUND = """() => [...document.querySelectorAll("main .kern-error")].filter((error) => {
    const place = error.closest("[id$=_error]");
    return !place || !document.querySelector(`[aria-describedby~="${CSS.escape(place.id)}"]`);
}).map((error) => error.outerHTML)"""


@pytest.fixture
def manager(sample, visit) -> Person:
    """A manager, who saves nothing: others look at the same site."""
    return visit(sample, PEOPLE[Role.MANAGER]).saves_nothing()


def test_a_search_says_what_it_found(manager: Person):
    box = manager.page.locator("#search")
    box.press_sequentially("zzzz")
    expect(manager.page.locator(SAID)).to_have_text("Nichts gefunden.")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert manager.violations(".topbar") == []
    box.fill("SB-K-00")
    expect(manager.page.locator(SAID)).to_contain_text("Vorschläge")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert manager.violations(".topbar") == []


def test_a_case_not_found_is_announced_and_what_is_refused_is_said_at_its_field(sample, visit):
    counsellor = visit(sample, PEOPLE[Role.COUNSELLOR])
    page = counsellor.page
    counsellor.open(DAY)
    page.locator("[data-case]").first.press_sequentially("zzzz")
    expect(page.locator(".options .none").first).to_be_visible()
    expect(page.locator(SAID)).to_have_text("Nichts gefunden.")
    assert counsellor.violations() == []

    time = page.locator("[data-minutes]").first
    time.fill("einhundert")
    page.locator("[data-entry] [type=submit]").first.click()
    expect(page.locator("#id_rows-0-minutes_error")).to_be_visible()
    expect(time).to_have_attribute("aria-describedby", "id_rows-0-minutes_error duration-hint")
    assert page.evaluate(UNBOUND) == []
    assert counsellor.violations() == []


@pytest.mark.parametrize(
    ("role", "address"), [(Role.MANAGER, "/contracts/new/"), (Role.CASEWORKER, "/cases/new/")]
)
def test_what_is_refused_is_said_at_its_field(sample, visit, role, address):
    person = visit(sample, PEOPLE[role])
    person.open(address)
    person.page.locator("main form[method=post] [type=submit]").last.click()
    expect(person.page.locator("main [data-focus]")).to_be_focused()
    assert person.page.locator("main .kern-error").count() > 0
    assert person.page.evaluate(UNBOUND) == []
    assert person.violations() == []


def in_the_studio(person: Person) -> list[str]:
    """Return what axe finds, but for targets that Wagtail's bar at the bottom happens to lie over:
    what is under it comes out when it is scrolled to."""
    return [each for each in person.violations() if not each.startswith("target-size")]


@pytest.mark.parametrize("draft", drafts(), ids=lambda draft: draft._meta.model_name)
def test_editors_of_the_studio(manager: Person, draft):
    """Walks every kind of draft there is: its list, and the form of one with a part unfolded."""
    page, meta = manager.page, draft._meta
    manager.open(f"/studio/snippets/{meta.app_label}/{meta.model_name}/")
    assert in_the_studio(manager) == []
    page.locator(f"main a[href*='/{meta.model_name}/edit/']").first.click()
    page.wait_for_load_state("networkidle")
    for tab in page.locator("main .w-tabs [role=tab]").all():
        tab.click()
        closed = page.locator(
            "[role=tabpanel]:not([hidden]) [data-panel-toggle][aria-expanded=false]:visible"
        )
        if closed.count():
            closed.first.press("Enter")
        assert in_the_studio(manager) == []
    expect(page.locator("h1")).to_have_count(1)
    assert manager.unnamed_tables() == []


def test_a_comparison_in_the_studio(sample, visit):
    """Two editions of a contract, and the page the studio begins with, in windows of each size."""
    manager = visit(sample, PEOPLE[Role.MANAGER], reduced_motion="reduce")
    manager.open("/studio/snippets/contracts/contract/")
    row = manager.page.get_by_role("link", name="AC-2023-04").first.get_attribute("href")
    compared = row.replace("/edit/", "/history/") + "revisions/compare/earliest...latest/"
    for address in (compared, "/studio/"):
        manager.open(address)
        assert manager.violations() == []
        assert manager.unnamed_tables() == []
        assert lost_focus_at_each_size(manager) == []


def test_a_draft_that_waits_for_approval_in_the_studio(sample, visit):
    """By whoever is asked: its form, with what approves it."""
    approver = visit(sample, "manager.sommer", reduced_motion="reduce").saves_nothing()
    approver.open("/approvals/")
    approver.page.locator("main tbody a").first.click()
    approver.follow("In der Inhaltsverwaltung öffnen")
    expect(approver.page.get_by_role("button", name="Freigeben").first).to_be_attached()
    assert in_the_studio(approver) == []
    assert lost_focus(approver) == []


def test_the_hint_of_a_checkbox_has_the_room_of_its_form(sample, visit):
    """It stood in the column of the box, a word in each line."""
    page = visit(sample, PEOPLE[Role.CASEWORKER], viewport={"width": 360, "height": 780}).page
    page.goto(f"{sample.url}/mails/")
    check = page.locator("main .kern-form-check:has(> .kern-hint)")
    hint = check.locator("> .kern-hint").bounding_box()
    assert hint["width"] > check.bounding_box()["width"] * 0.75
