"""A catalogue of 100 modules in the studio: until somebody can type in Chromium.

Beside it the same form as Wagtail draws it, with every part at once: the definitions of `parts.js`
are replaced by Wagtail's own. Both times hold the server's answer, from the same SQLite.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.bench.measure import Figure, Side
from tests.browser.inside import MANY_MODULES
from tests.browser.person import Person
from tests.browser.site import Site

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FORM = "/studio/snippets/cms/catalogue/edit/1/"
IDLE = """() => new Promise((done) => {
    const ready = () => requestIdleCallback(done);
    document.readyState === "loading" ? addEventListener("DOMContentLoaded", ready) : ready();
})"""
AS_WAGTAIL_DRAWS = """
    const drawn = window.wagtailStreamField.blocks;
    window.telepath.register("fallwerk.Part", drawn.StructBlockDefinition);
    window.telepath.register("fallwerk.PartList", drawn.ListBlockDefinition);
    window.telepath.register("fallwerk.PartStream", drawn.StreamBlockDefinition);
"""


def studio() -> Iterator[Figure]:
    """The form of the large catalogue, opened by a manager."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = _large_site(Path(folder))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            own, stock = _manager(browser, site), _manager(browser, site)
            script = {"content_type": "text/javascript", "body": AS_WAGTAIL_DRAWS}
            stock.route("**/base/studio/parts*.js*", lambda route: route.fulfill(**script))
            yield Figure(
                name=f"the studio with {MANY_MODULES} modules, until it can be typed in",
                product=Side(work=lambda: _open(own, site)),
                bare=Side(work=lambda: _open(stock, site)),
            )
        finally:
            browser.close()
            site.stop()


def _large_site(folder: Path) -> Site:
    site = Site(folder)
    site.manage("migrate", "--verbosity", "0")
    site.manage("load_sample")
    site.run_inside("enlarge_catalogue")
    site.start()
    return site


def _manager(browser, site: Site) -> Page:
    person = Person(browser.new_context(locale="de-DE").new_page(), site)
    person.sign_in("manager.weber", "Lindental-2024")
    return person.page


def _open(page: Page, site: Site) -> None:
    page.goto(site.url + FORM, wait_until="commit")
    page.evaluate(IDLE)
