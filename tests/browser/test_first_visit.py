"""What a first visit costs on a slow line: sign-in page and home, with all they ask for."""

import gzip

import pytest

from contracts.roles import Role
from tests.browser.inside import PEOPLE

pytestmark = pytest.mark.once

TRIAL, PRODUCTION = 400_000, 250_000  # bytes


def test_a_first_visit_stays_small(sample, visit):
    """As the trial server sends it; and with static text compressed, as production does."""
    bodies = {}

    def keep(route) -> None:
        response = route.fetch(max_redirects=0)
        bodies.setdefault(route.request.url, response.body())
        route.fulfill(response=response)

    person = visit(sample)
    person.page.route("**", keep)
    person.sign_in(PEOPLE[Role.CASEWORKER], "Lindental-2024")
    person.page.wait_for_load_state("networkidle")
    assert any(url.endswith("in-use.css") for url in bodies)
    assert sum(url.endswith(".woff2") for url in bodies) >= 3
    sizes = {url: len(body) for url, body in bodies.items()}
    assert sum(sizes.values()) <= TRIAL, sizes
    compressed = {
        url: len(gzip.compress(body)) if url.endswith((".css", ".js", ".svg")) else len(body)
        for url, body in bodies.items()
    }
    assert sum(compressed.values()) <= PRODUCTION, compressed
