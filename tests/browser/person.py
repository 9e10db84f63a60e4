"""Somebody at a browser, who notices everything that goes wrong there."""

import time

from playwright.sync_api import Page, expect

from tests.browser.site import ROOT, Site

AXE = ROOT / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = ("serious", "critical")
# What passes is not described, which takes axe longer than judging it; nor is the style sheet
# fetched again, since only an experimental rule reads it.
ASK_AXE = """async (tags) => {
    const only = {type: "tag", values: tags};
    const options = {runOnly: only, resultTypes: ["violations"], preload: false, iframes: false};
    return (await axe.run(options)).violations;
}"""


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
    (content security policy), failed requests, and requests to other hosts."""

    def __init__(self, page: Page, site: Site):
        self.page, self.site = page, site
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)

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
        self.page.get_by_role(role, name=name, exact=True).first.click()
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

    def violations(self) -> list[str]:
        """Return what axe-core finds seriously wrong with the page, by rule and place."""
        self.page.evaluate(AXE.read_text())
        return [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in self.page.evaluate(ASK_AXE, WCAG)
            if violation["impact"] in GRAVE
            for node in violation["nodes"][:3]
        ]

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

    def covered(self) -> list[str]:
        """Return the fields that a bar at the window's edge lies over while they have the focus."""
        return self.page.evaluate(
            """async () => {
                const found = [];
                const places = document.querySelectorAll(
                    "main :is(input:not([type=hidden]), select, textarea, button, summary)");
                for (const each of places) {
                    if (each.disabled || !each.checkVisibility()) continue;
                    each.focus();
                    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                    const place = each.getBoundingClientRect();
                    const x = place.left + place.width / 2;
                    const last = Math.min(place.bottom, innerHeight);
                    for (const y of [Math.max(place.top, 0) + 3, last - 3]) {
                        const top = document.elementFromPoint(x, y);
                        let bar = each.contains(top) || top?.contains(each) ? null : top;
                        while (bar && !/sticky|fixed/.test(getComputedStyle(bar).position)) {
                            bar = bar.parentElement;
                        }
                        if (bar && !bar.contains(each)) found.push(each.outerHTML.slice(0, 160));
                    }
                }
                return found;
            }"""
        )

    def asks_before_leaving(self) -> bool:
        """Return whether the page holds something that it takes for not saved."""
        return self.page.evaluate(
            """() => {
                const leaving = new Event("beforeunload", {cancelable: true});
                return !window.dispatchEvent(leaving);
            }"""
        )

    def overflows(self) -> bool:
        """Return whether the page is wider than the window: bad on a telephone."""
        return self.page.evaluate(
            "() => document.documentElement.scrollWidth > window.innerWidth + 1"
        )
