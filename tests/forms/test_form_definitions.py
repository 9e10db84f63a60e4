"""Form definitions on screen, and compared by meaning."""

import pytest
from django.urls import reverse
from django.utils import translation

from forms.comparison import compare_forms
from forms.content import FormContent
from tests.factories import (
    FORM_QUESTIONS,
    make_commissioning_body,
    make_definition,
    make_member,
)


def content(*questions) -> FormContent:
    return FormContent(title="Report", questions=questions)


def test_questions_are_known_by_their_keys():
    health = {"key": "health", "label": "Health", "kind": "text", "group": "health"}
    until = {"key": "until", "label": "Until", "kind": "date", "group": "attendance"}
    with translation.override("en"):
        found = compare_forms(
            content(health, until),
            content(
                health | {"label": "State of health", "group": "course"},
                {"key": "from", "label": "From", "kind": "date", "group": "attendance"},
            ),
        )
    assert [(c.kind, c.place, c.old, c.new) for c in found] == [
        ("changed", "questions.health.label", "Health", "State of health"),
        ("changed", "questions.health.group", "health", "course of the case"),
        ("added", "questions.from", "", "From"),
        ("removed", "questions.until", "Until", ""),
    ]


@pytest.mark.django_db
def test_definition_its_editions_and_what_changed(client):
    definition = make_definition("report")
    questions = [FORM_QUESTIONS[0] | {"label": "Renamed"}, *FORM_QUESTIONS[1:]]
    make_definition("report", questions=questions)
    client.force_login(make_member(make_commissioning_body(), roles=["director"]).user)

    newest = definition.editions.get(number=2)
    listed = client.get(reverse("form-definitions")).content.decode()
    assert reverse("form-edition", args=[newest.pk]) in listed
    page = client.get(reverse("form-edition", args=[newest.pk])).content.decode()
    assert "Renamed" in page
    compared = client.get(reverse("form-compare", args=[definition.pk]))
    [[_section, [[_subject, [change]]]]] = compared.context["sections"]
    assert (change.old, change.new) == (FORM_QUESTIONS[0]["label"], "Renamed")
