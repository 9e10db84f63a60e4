"""Every page without a key × what an address may say: nothing of it is an error of the server."""

import pytest
from django.contrib.auth import get_user_model

from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.test_addresses import WITHOUT, allowed

# What a page makes of its address is Python's.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = [page for page in WITHOUT if hasattr(page.view, "get")]
ASKED = {"before", "case", "day", "item", "kind", "member", "month", "page", "who", "year"}
"""What pages read beside the fields of their forms and filters."""
ODD = ("0001-01-01", "9999-12-31", "9" * 22, "0001", "9999")


def fields(page) -> set[str]:
    """Return what the form or the filter of a page asks for."""
    context = page.context or {}
    form = getattr(context.get("filter"), "form", None) or context.get("form")
    return set(getattr(form, "fields", ()))


def test_no_page_fails_for_what_its_address_says():
    people = list(get_user_model().objects.filter(is_active=True).order_by("pk"))
    tried, failed = 0, set()
    for page in PAGES:
        user = next((user for user in people if allowed(page, user)), None)
        if user is None:
            continue
        browser = signed_in(user)
        browser.raise_request_exception = False
        names = ASKED | fields(browser.get(page.url()))
        for odd in ODD:
            answer = browser.get(page.url(), dict.fromkeys(sorted(names), odd))
            tried += 1
            if answer.status_code >= 500:
                failed.add((page.name, odd))
    assert failed == set()
    assert tried > 300
