"""A client's assignment in the browser."""

from collections.abc import Callable

import pytest

from tests.browser.person import Person
from tests.browser.site import Site

pytestmark = pytest.mark.once


def test_a_person_who_seems_known_is_chosen_or_told_apart(
    begun: Site, visit: Callable[..., Person]
):
    """Both answers to the question work; the hidden fields of the same name do not outvote them."""
    person = visit(begun, "caseworker.probe")
    for answer in ("Es ist diese Person", "Es ist eine andere Person"):
        person.open("/cases/?q=SB-K-001")
        person.follow("SB-K-001")
        known = person.page.locator("strong.client").inner_text()
        last, first = known.split(", ")
        person.open("/cases/new/")
        person.page.select_option("[name=contract]", index=1)
        person.page.wait_for_load_state("networkidle")
        person.fill(first_name=first, last_name=last)
        person.page.locator("main button[type=submit]").last.click()
        person.sees("Diese Person ist vielleicht schon bekannt")
        person.click(answer)
        person.sees("ist eröffnet.")
        person.sees(known)
    person.open(f"/cases/?q={last}")
    person.sees("SB-K-001")
    assert person.troubles == []
