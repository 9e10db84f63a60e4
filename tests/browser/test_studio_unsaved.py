"""What is typed in the studio is saved by itself, whenever it is typed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.person import Person
from tests.browser.site import Site

pytestmark = pytest.mark.once

CATALOGUE = "/studio/snippets/cms/catalogue/edit/1/"
TITLE = "[name=title]"
LATE = """() => {
    const title = document.querySelector("[name=title]");
    title.value += " spät";
    title.dispatchEvent(new Event("input", {bubbles: true}));
}"""


@pytest.fixture
def manager(begun: Site, visit: Callable[..., Person]) -> Person:
    return visit(begun, "manager.weber")


def type_at_the_end(page: Page, text: str) -> None:
    page.click(TITLE)
    page.keyboard.press("End")
    page.keyboard.type(text)


def reload_once_saved(page: Page) -> None:
    """Load the form anew. Before the page has taken the answer, it would ask whether to stay."""
    expect(page.locator(".w-autosave-indicator__state--saved")).to_be_visible()
    page.reload(wait_until="networkidle")


def is_sent(request) -> bool:
    return request.method == "POST" and request.url.endswith(CATALOGUE)


def test_what_is_typed_as_soon_as_the_form_is_there_is_saved(manager: Person):
    """Wagtail looks two seconds later for the first time, and took it for what was there."""
    page = manager.page
    manager.open(CATALOGUE, until="domcontentloaded")
    with page.expect_response(lambda response: is_sent(response.request)):
        type_at_the_end(page, " früh")
    reload_once_saved(page)
    assert page.input_value(TITLE).endswith(" früh")
    assert not manager.troubles


def test_what_is_typed_while_the_answer_is_under_way_is_saved_next(manager: Person):
    """Wagtail took it for saved: it compares with the form as it stands when the answer comes."""
    page, answered = manager.page, []

    def typing_meanwhile(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        answer = route.fetch()
        if not answered:
            page.evaluate(LATE)
        answered.append(answer.status)
        route.fulfill(response=answer)

    manager.open(CATALOGUE)
    page.route(f"**{CATALOGUE}", typing_meanwhile)
    type_at_the_end(page, " jetzt")
    with page.expect_response(lambda response: is_sent(response.request)):
        pass
    with page.expect_response(lambda response: is_sent(response.request), timeout=15_000):
        pass
    page.unroute(f"**{CATALOGUE}")
    reload_once_saved(page)
    assert page.input_value(TITLE).endswith(" jetzt spät")


def test_what_is_saved_is_not_sent_again(manager: Person):
    """Whatever differed after saving would be sent every few seconds, and count as unsaved."""
    page, sent = manager.page, []
    page.on("request", lambda request: sent.append(request.url) if is_sent(request) else None)
    manager.open(CATALOGUE)
    type_at_the_end(page, " einmal")
    with page.expect_response(lambda response: is_sent(response.request)):
        pass
    page.wait_for_timeout(7000)
    assert len(sent) == 1


def test_whoever_changes_nothing_saves_nothing_and_is_no_author(manager: Person):
    page, sent = manager.page, []
    page.on("request", lambda request: sent.append(request.url) if is_sent(request) else None)
    manager.open(CATALOGUE, until="domcontentloaded")
    page.click(TITLE)
    page.keyboard.press("Tab")
    # Longer than Wagtail waits before it looks, and then before it saves.
    page.wait_for_timeout(7000)
    assert sent == []
