"""Every field of every content model is named and explained to whoever fills in its form."""

import pytest
from wagtail import hooks

from base.shape import models_within, shape_of
from base.studio.approval import drafts
from base.studio.places import in_words
from cms.content.catalogue import CatalogueContent
from contracts.content import ContractContent

pytestmark = pytest.mark.once

# Their names say it all.
SELF_EXPLAINING = (
    {"FormField.key", "FormField.label", "FormField.kind", "FormField.required"}
    | {f"FormContent.{name}" for name in ("title", "introduction", "questions")}
    | {"FormField.help_text"}
)


CONTENT_MODELS = models_within(*(draft.edition_model.content_model for draft in drafts()))


def test_all_content_is_walked():
    names = {model.__name__ for model in CONTENT_MODELS}
    assert names >= {"CatalogueContent", "Extra", "DescribedPhase", "Duty", "Cap", "FormField"}


@pytest.mark.parametrize("model", CONTENT_MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_title_and_help(model):
    fields = shape_of(model).fields
    assert [name for name, field in fields.items() if not field.title] == []
    silent = {f"{model.__name__}.{name}" for name, field in fields.items() if not field.help}
    assert silent <= SELF_EXPLAINING


@pytest.mark.django_db
@pytest.mark.parametrize("draft", drafts(), ids=lambda draft: draft.__name__)
def test_every_field_of_a_form_shows_its_help(draft):
    """Also those that stand in no content model: keys, numbers, parties, the first day."""
    hooks.search_for_hooks()
    form = draft.snippet_viewset.get_edit_handler().get_form_class()
    panels = draft.snippet_viewset.get_edit_handler()
    shown = {}
    waiting = list(panels.children)
    while waiting:
        panel = waiting.pop()
        waiting += getattr(panel, "children", [])
        if name := getattr(panel, "field_name", None):
            shown[name] = str(panel.help_text or form.base_fields[name].help_text)
    wanted = {*draft.edition_model.content_model.model_fields, "applies_from", "go_live_at"}
    assert shown.keys() >= wanted
    assert [name for name, text in shown.items() if not text and name != "go_live_at"] == [
        name
        for name in ("questions", "introduction", "title")
        if draft.__name__ == "FormDefinition"
    ]


@pytest.mark.parametrize(
    ("model", "problem", "words"),
    [
        (
            CatalogueContent,
            "modules[2].quantities[1].minimum ('x'): a number",
            "Module 2 › Umfang 1 › Minimum ('x'): a number",
        ),
        (
            CatalogueContent,
            "modules.m2.unit: day is unknown",
            "Module › m2 › Einheit: day is unknown",
        ),
        (
            ContractContent,
            "remuneration[1].hourly_rate.rates[1].amount: a number",
            "Vergütung 1 › Sätze 1 › Betrag in EUR: a number",
        ),
        (CatalogueContent, "Nothing of the kind: 7", "Nothing of the kind: 7"),
    ],
)
def test_places_are_named_as_the_form_names_them(model, problem, words):
    assert in_words(problem, model) == words
