"""Somebody at a browser, who notices everything that goes wrong there."""

import time
from collections.abc import Callable

from playwright.sync_api import Dialog, Page, TimeoutError, expect

from tests.browser.site import ROOT, Site

AXE = ROOT / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = ("serious", "critical")
# What passes is not described, which takes axe longer than judging it; nor is the style sheet
# fetched again, since only an experimental rule reads it.
ASK_AXE = """async ([tags, within]) => {
    const only = {type: "tag", values: tags};
    const options = {runOnly: only, resultTypes: ["violations"], preload: false, iframes: false};
    return (await axe.run(within, options)).violations;
}"""

BROKEN = r"""() => {
    const NUMBER = /−?(?<!\w)\d[\d.,:]*(?:\u00a0[\p{L}€%]+)?/gu;
    const WORD = /[\p{L}\d.,:\u00a0€%−]+/gu;
    const found = [], whole = document.createRange();
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode, place = text.parentElement;
        if (!place.checkVisibility() || place.closest("svg, textarea, select, option")) continue;
        for (const match of text.data.matchAll(place.closest("th, td") ? WORD : NUMBER)) {
            if (match[0].length > 16) continue;
            whole.setStart(text, match.index);
            whole.setEnd(text, match.index + match[0].length);
            const lines = new Set([...whole.getClientRects()].map((each) => Math.round(each.top)));
            if (lines.size > 1) found.push(`${match[0]} in ${text.data.trim().slice(0, 60)}`);
        }
    }
    return found;
}"""
"""What is broken within itself. A longer word than a telephone's line has room for may break."""


def wait_until(page: Page, holds: str, *, seconds: float = 10) -> None:
    """Wait until an expression is true in the page.

    Playwright's own way has the page evaluate a text, which our security policy may refuse.
    """
    until = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < until, f"never true: {holds}"
        page.wait_for_timeout(50)


class Person:
    """A signed-in browser page. `troubles` collects script errors, refused styles or scripts
    (content security policy), failed requests, requests to other hosts, and questions of the
    browser that nobody expected; who expects one says by `answer` what to do."""

    def __init__(self, page: Page, site: Site):
        self.page, self.site = page, site
        site.pages.append(page)
        self.troubles: list[str] = []
        self.answer: Callable[[Dialog], None] = self._dismiss
        page.on("dialog", lambda dialog: self.answer(dialog))
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)

    def _dismiss(self, dialog: Dialog) -> None:
        self.troubles.append(f"asks: {dialog.type} {dialog.message}")
        dialog.dismiss()

    def _console(self, message) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.troubles.append(f"other host: {request.url}")

    def _response(self, response) -> None:
        if response.status >= 500 or (response.status == 404 and "/static/" in response.url):
            self.troubles.append(f"{response.status}: {response.url}")

    def sign_in(self, username: str, password: str) -> None:
        """Sign in by the form."""
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", username)
        self.page.fill("input[name=password]", password)
        self.page.press("input[name=password]", "Enter")
        expect(self.page.locator(".account")).to_have_count(1)

    def saves_nothing(self) -> "Person":
        """Keep what is done in the studio's forms off the site, which others look at."""

        def read_only(route) -> None:
            if route.request.method == "POST":
                route.abort()
            else:
                route.continue_()

        self.page.route("**/edit/*/", read_only)
        return self

    def open(self, path: str, *, until: str = "networkidle") -> None:
        """Go to an address of the site and wait until it is quiet, or `until` it is loaded."""
        self.page.goto(self.site.url + path, wait_until=until)
        if "/why/?next=" in self.page.url and "/why/" not in path:
            self.answer_why(until)

    def answer_why(self, until: str = "networkidle") -> None:
        """Say why a file is opened that somebody else is responsible for, and go on to it."""
        self.page.check("input[name=why][value=audit]")
        with self.page.expect_navigation(wait_until=until):
            self.page.press("input[name=why][value=audit]", "Enter")

    def click(self, name: str, role: str = "button") -> None:
        """Press a button or follow a link by the words on it."""
        try:
            self.page.get_by_role(role, name=name, exact=True).first.click()
        except TimeoutError as error:
            why = " ".join(str(error).split())[-200:]
            raise AssertionError(
                f"cannot press {name} at {self.page.url}: {self.troubles} … {why}"
            ) from error
        self.page.wait_for_load_state("networkidle")

    def follow(self, name: str) -> None:
        """Follow a link by its words."""
        self.click(name, "link")

    def fill(self, **values: str) -> None:
        """Fill fields by their names; selects take the value or the words."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']").first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def sees(self, text: str) -> None:
        """Fail unless the text is on the page."""
        expect(self.page.locator("main")).to_contain_text(text)

    def sees_not(self, text: str) -> None:
        """Fail if the text is on the page."""
        expect(self.page.locator("main")).not_to_contain_text(text)

    def violations(self, within: str = "html") -> list[str]:
        """Return what axe-core finds seriously wrong with the page, or a part of it given by a
        selector, by rule and place."""
        self.page.evaluate(AXE.read_text())
        return [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in self.page.evaluate(ASK_AXE, [WCAG, within])
            if violation["impact"] in GRAVE
            for node in violation["nodes"][:3]
        ]

    def unnamed_tables(self) -> list[str]:
        """Return the tables of the page that a screen reader could not tell apart."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll("main table")].filter((each) =>
                each.checkVisibility() && !each.caption?.innerText
                && !each.getAttribute("aria-label")
                && !document.getElementById(each.getAttribute("aria-labelledby"))?.innerText
            ).map((each) => each.outerHTML.slice(0, 160))"""
        )

    def unfold(self) -> None:
        """Open whatever the page keeps folded, without its pop-ups."""
        self.page.evaluate(
            """() => document.querySelectorAll("main details:not([data-closes])").forEach(
                (each) => { each.open = true; })"""
        )

    def unreachable(self) -> list[str]:
        """Return what answers to a click but cannot be reached by keyboard, or only out of turn."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll(
                "[role=button], [role=link], [onclick], [hx-get], [hx-post], [tabindex]"
            )].filter((each) => each.tabIndex > 0 || (each.tabIndex < 0
                && !each.hasAttribute("tabindex")
                && /click|^$/.test(each.getAttribute("hx-trigger") ?? "")
                && !each.matches("form")
                && each.checkVisibility())
            ).map((each) => each.outerHTML.slice(0, 160))"""
        )

    def asks_before_leaving(self) -> bool:
        """Return whether the page holds something that it takes for not saved."""
        return self.page.evaluate(
            """() => {
                const leaving = new Event("beforeunload", {cancelable: true});
                return !window.dispatchEvent(leaving);
            }"""
        )

    def broken(self) -> list[str]:
        """Return the numbers with their sign, and the words of tables, that go on in another line
        although they would have room in one."""
        return self.page.evaluate(BROKEN)

    def overflows(self) -> bool:
        """Return whether the page is wider than the window: bad on a telephone."""
        return self.page.evaluate(
            "() => document.documentElement.scrollWidth > window.innerWidth + 1"
        )
