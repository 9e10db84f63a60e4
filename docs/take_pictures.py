"""Take the pictures in docs/: `python docs/take_pictures.py [NAME…]` (`make pictures`).

Those of the README lie in `images/`, those of the handbook in `handbuch/bilder/`.

Each is taken of the sample, by a person who signs in and goes to the page as a reader would. A page
that answers anything but 200, or does not show its heading, ends it, and nothing is written.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, Response, expect, sync_playwright  # noqa: E402

from tests.browser.conftest import CHROMIUM, FLAGS, PASSWORD  # noqa: E402
from tests.browser.person import Person  # noqa: E402
from tests.browser.site import Site  # noqa: E402

SIZE = {"width": 1280, "height": 860}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A page as somebody sees it, or what its row leads to; and what is shown then."""

    account: str
    rows: str
    row: str = ""
    """What stands in the row; empty for the page itself."""
    heading: str
    show: Callable[[Page], None] = lambda page: None


def _second_line(page: Page) -> None:
    """Open how the amount of the second line arises, below the heading of the lines."""
    page.get_by_text("So entsteht der Betrag").nth(1).click()
    expect(page.get_by_text("kaufmännische Rundung")).to_be_visible()
    page.get_by_role("heading", name="Positionen", exact=True).evaluate(
        "heading => heading.scrollIntoView({behavior: 'instant'})"
    )


def _a_row_of_the_day(page: Page) -> None:
    """Type a case, what was done and how long it took."""
    page.locator("[data-case]").first.press_sequentially("SN-K-005")
    page.keyboard.press("Enter")
    expect(page.locator("[data-kind]").first).to_be_focused()
    page.locator("[data-module]").first.select_option(index=2)
    page.locator("[data-minutes]").first.fill("1:30")
    page.locator("[data-minutes]").first.press("Enter")
    page.wait_for_load_state("networkidle")


PICTURES = {
    "images/case": Picture(
        account="counsellor.stein",
        rows="/cases/?q=SB-K-018",
        row="SB-K-018",
        heading="SB-K-018",
    ),
    "images/statement": Picture(
        account="finance.taler",
        rows="/statements/",
        row="37.033,38",
        heading="SHB-2025-0001",
        show=_second_line,
    ),
    "handbuch/bilder/tag": Picture(
        account="counsellor.stein",
        rows="/records/day/",
        heading="",
        show=_a_row_of_the_day,
    ),
    "handbuch/bilder/freigabe": Picture(
        account="manager.sommer",
        rows="/approvals/",
        row="Fallarbeit",
        heading="Fallarbeit",
    ),
    "handbuch/bilder/abrechnung": Picture(
        account="finance.groschen",
        rows="/statements/",
        row="geprüft",
        heading="Entwurf der Abrechnung",
    ),
}


def _is_page(response: Response) -> bool:
    return response.request.is_navigation_request()


def take(picture: Picture, browser: Browser, site: Site, target: Path) -> None:
    """Sign in, go to the page, and write what is to be seen there."""
    page = browser.new_page(viewport=SIZE, locale="de-DE", color_scheme="light")
    person = Person(page, site)
    person.sign_in(picture.account, PASSWORD)
    with page.expect_response(_is_page) as answer:
        person.open(picture.rows)
    if picture.row:
        row = page.get_by_role("row").filter(has_text=picture.row).first
        with page.expect_response(_is_page) as answer:
            row.get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")
    if answer.value.status != 200:
        sys.exit(f"{page.url}: {answer.value.status}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(picture.heading)
    picture.show(page)
    if person.troubles:
        sys.exit("\n".join(person.troubles))
    page.screenshot(path=target)
    page.close()


def main(names: list[str]) -> None:
    """Take the pictures named, or all."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit("no Chromium on this machine; on Debian: apt install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS, env={**os.environ, "LANGUAGE": "de"}
        )
        # Fields for days are spelled as the browser itself speaks, whatever the page asks for.
        if not browser.new_page().evaluate("navigator.language").startswith("de"):
            sys.exit("this Chromium speaks no German; on Debian: apt install chromium-l10n")
        site = Site(Path(folder))
        site.manage("migrate", "--verbosity", "0")
        site.manage("load_sample")
        site.start()
        try:
            for name in names or PICTURES:
                take(PICTURES[name], browser, site, DOCS / f"{name}.png")
        finally:
            site.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
