"""What stands in the browser's tab: which thing a page is about, not only what is done there."""

import re

import pytest
from django.urls import resolve

from base.workspace.views import ObjectFormPage
from tests.invariants.rows.signing_in import signed_in
from tests.invariants.rows.steps import bring_to
from tests.invariants.rows.test_addresses import OF_OBJECTS, allowed, people

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MOST_TRIED = 20
"""Of the newest rows that a person sees."""
TITLE = re.compile(r"<title>(.*?) – Fallwerk</title>", re.S)
FORMS = [page for page in OF_OBJECTS if issubclass(page.view, ObjectFormPage)]


@pytest.mark.parametrize("page", FORMS, ids=lambda page: page.name)
def test_the_title_of_a_form_names_the_thing_it_is_about(page, world):
    """By itself, or behind the last step of the way to it."""
    bring_to(page.name)
    for user in people().values():
        rows = page.view.model._default_manager.visible_to(user).order_by("-pk")
        for pk in rows.values_list("pk", flat=True)[:MOST_TRIED] if allowed(page, user) else ():
            answer = signed_in(user).get(page.url(pk))
            if answer.status_code == 200 and "crumbs" in (answer.context or {}):
                (title,) = TITLE.findall(answer.content.decode())
                *_before, last = answer.context["crumbs"]
                if page.view.title and str(page.view.title) == str(answer.context["title"]):
                    assert title.startswith(f"{last.label}: ")
                    assert resolve(last.url.partition("?")[0]).kwargs, "the way ends with a list"
                else:
                    assert title == answer.context["title"]
                return
    pytest.fail("nobody has such a row in this world")
