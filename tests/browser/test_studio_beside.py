"""What stands beside the studio's form goes on following it once that was saved by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.person import Person, wait_until
from tests.browser.site import Site
from tests.browser.studio import reveal

pytestmark = pytest.mark.once

CATALOGUE = "/studio/snippets/cms/catalogue/"
GROUP = "need_groups-4-value-title"
NOTE_WHAT_IS_SAVED = """() => document.addEventListener("w-autosave:success", () => {
    document.body.dataset.saved = "";
})"""


@pytest.fixture
def manager(begun: Site, visit: Callable[..., Person]) -> Person:
    return visit(begun, "manager.weber")


def open_beside(page: Page, panel: str) -> Locator:
    """Open a side panel by its name, and return it."""
    if page.locator(f"[data-side-panel={panel}]").is_hidden():
        page.click(f"[data-side-panel-toggle={panel}]")
    return page.locator(f"[data-side-panel={panel}]")


def previewed(panel: Locator) -> FrameLocator:
    return panel.frame_locator("iframe").last


@pytest.mark.parametrize("address", ["edit/1/", "copy/1/"], ids=["a draft", "a new draft"])
def test_what_stands_beside_a_form_follows_it_after_it_was_saved(manager: Person, address: str):
    """Wagtail draws panels anew with what it saves; which ones depends on whether it is new."""
    page = manager.page
    manager.open(CATALOGUE + address)
    reveal(manager, "applies_from").fill("2027-07-01")
    expect(open_beside(page, "figures")).to_contain_text("Hilfebedarfsgruppe 5")
    page.evaluate(NOTE_WHAT_IS_SAVED)
    reveal(manager, "title").fill("Gespeichert, wie von selbst")
    wait_until(page, "document.body.dataset.saved === ''", seconds=30)
    page.wait_for_load_state("networkidle")
    assert "/edit/" in page.url

    reveal(manager, GROUP).fill("Ganz andere Gruppe")
    expect(open_beside(page, "figures")).to_contain_text("Ganz andere Gruppe")
    expect(page.locator("[data-figures-shown]")).to_have_attribute("aria-busy", "false")
    preview = open_beside(page, "preview").locator("iframe").last
    expect(preview.content_frame.locator("body")).to_contain_text("Ganz andere Gruppe")
    expect(open_beside(page, "status")).to_contain_text("Entwurf")
    assert not manager.troubles
