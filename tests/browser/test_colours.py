"""What shows by a colour shows to everybody: with the system's colours, and in the dark."""

import pytest
from playwright.sync_api import Page, expect

from contracts.roles import Role
from tests.browser.inside import PEOPLE

pytestmark = pytest.mark.once

SEEN = 3  # WCAG 1.4.11: contrast of what is no text
LETTERS = 11  # pixels that a line of a chart is high at least
# Colours are drawn to be read: a style may say them in any of CSS's ways.
CONTRAST = """
const drawn = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const light = (colour) => {
    drawn.clearRect(0, 0, 1, 1);
    drawn.fillStyle = colour;
    drawn.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = drawn.getImageData(0, 0, 1, 1).data;
    const linear = [r, g, b].map((each) => each / 255).map(
        (each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return a ? 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] : null;
};
const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
};
const ground = (place) => {
    for (let each = place; each; each = each.parentElement) {
        const colour = getComputedStyle(each).backgroundColor;
        if (light(colour) !== null) return colour;
    }
    return "Canvas";
};
"""
FAINT = f"""() => {{ {CONTRAST}
    const faint = (icon) => contrast(ground(icon), ground(icon.parentElement)) < {SEEN};
    const icons = [...document.querySelectorAll(".kern-icon")];
    return icons.filter((one) => one.checkVisibility() && faint(one)).map((one) => one.className);
}}"""
MARKED = f"""(place) => {{ {CONTRAST}
    return contrast(ground(place), ground(place.parentElement)); }}"""
FILLED = f"""(bar) => {{ {CONTRAST}
    return contrast(getComputedStyle(bar).getPropertyValue("--bar"), ground(bar)); }}"""
SERIES = f"""() => {{ {CONTRAST}
    const fill = (name) => getComputedStyle(document.querySelector(name)).fill;
    return contrast(fill(".chart .color-0 rect"), fill(".chart .color-1 rect"));
}}"""


@pytest.fixture
def addresses(keys) -> dict[str, str]:
    """Where a case with bars and a report with charts are, for somebody in charge."""
    role = keys[Role.CASEWORKER]
    return {"case": f"/cases/{role['case'][0]}/", "report": f"/reports/{role['report'][0]}/"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_the_colours_of_the_system(sample, visit, addresses, scheme):
    person = visit(sample, PEOPLE[Role.CASEWORKER], forced_colors="active", color_scheme=scheme)
    page: Page = person.page
    person.open(addresses["case"], until="load")
    assert page.locator(".kern-icon").count() > 5
    assert page.evaluate(FAINT) == []
    assert page.locator("[data-menu] [aria-current]").evaluate(MARKED) >= SEEN
    bar = page.locator("progress.bar").first
    expect(bar).to_be_visible()
    assert bar.evaluate(FILLED) >= SEEN


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_series_of_a_chart_differ_and_its_letters_can_be_read(sample, visit, addresses, scheme):
    person = visit(
        sample,
        PEOPLE[Role.CASEWORKER],
        color_scheme=scheme,
        viewport={"width": 320, "height": 640},
    )
    person.open(addresses["report"], until="load")
    assert person.page.evaluate(SERIES) >= SEEN
    heights = person.page.locator(".chart text").evaluate_all(
        "texts => texts.map((each) => each.getBoundingClientRect().height).filter(Boolean)"
    )
    assert len(heights) > 5 and min(heights) >= LETTERS
