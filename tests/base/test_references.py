"""Keys that refer to other parts of a content: declared once, offered by forms, checked."""

import json
import typing

import pytest
from django import forms
from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo

from base.blocks import block_for, reference_of, stream_for
from base.blocks.annotations import item_of, models_in, tagged_models, unwrap, without_none
from base.blocks.references import KeyBlock, KeyList, KeysBlock, KeySelect
from base.content import Content, Key, NamedIn, RefersTo
from base.studio.approval import drafts
from tests.base.test_blocks import sample_content
from tests.factories import make_organisation

ROOTS = [draft.edition_model.content_model for draft in drafts()]
# Answered on the case: no part of the catalogue.
FREE = {("Extra", "condition")}


def models_within(root: type[BaseModel]) -> list[type[BaseModel]]:
    """The content model and every model within it."""
    found, waiting = [], [root]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.append(model)
            waiting += [
                each for info in model.model_fields.values() for each in models_in(info.annotation)
            ]
    return found


def reference_in(info: FieldInfo) -> RefersTo | NamedIn | None:
    item, many = item_of(info.annotation)
    return reference_of(FieldInfo.from_annotation(item) if many else info)


def references():
    for root in ROOTS:
        for model in models_within(root):
            for name, info in model.model_fields.items():
                if reference := reference_in(info):
                    yield pytest.param(root, model, name, id=f"{model.__name__}.{name}"), reference


DECLARED = list(references())
EACH = [param for param, _reference in DECLARED]


def test_every_kind_of_reference_is_there():
    assert {param.id for param in EACH} >= {
        "Quantity.unit",
        "Module.phase",
        "Entry.modules",
        "CatalogueContent.entry_module",
        "AgreedTerm.clause",
        "Kind.key",
        "BasePart.component",
        "Signature.organisation",
    }


@pytest.mark.parametrize(
    ("root", "reference"),
    [
        pytest.param(param.values[0], reference, id=param.id)
        for param, reference in DECLARED
        if isinstance(reference, RefersTo)
    ],
)
def test_a_reference_names_a_list_of_its_content(root, reference):
    item, many = item_of(root.model_fields[reference.parts].annotation)
    parts = list(tagged_models(item).values()) or [unwrap(item)]
    assert many
    assert all(reference.by in part.model_fields for part in parts)
    for inner in reference.within:
        assert any(inner in part.model_fields for part in parts)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.__name__)
def test_a_key_is_the_name_of_its_own_part_or_a_reference(root):
    """No form asks anybody to type the key of something else."""
    pattern = typing.get_args(Key)[1].pattern

    def is_key(info: FieldInfo) -> bool:
        item = without_none(item_of(info.annotation)[0])[0]
        marks = [*info.metadata, *FieldInfo.from_annotation(item).metadata]
        return any(getattr(mark, "pattern", None) == pattern for mark in marks)

    typed = {
        (model.__name__, name)
        for model in models_within(root)
        for name, info in model.model_fields.items()
        if name != "key" and is_key(info) and reference_in(info) is None
    }
    assert typed <= FREE


def with_a_wrong_one(plain, value, model, name):
    """The plain data of a content in which one part of that model names nothing there is."""
    if isinstance(value, model):
        many = item_of(model.model_fields[name].annotation)[1]
        others = {"cost_kind": None} if model.__name__ == "BasePart" else {}
        return plain | others | {name: ["nowhere"] if many else "nowhere"}
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            changed = with_a_wrong_one(plain[field], getattr(value, field), model, name)
            if changed is not None:
                return plain | {field: changed}
    if isinstance(value, tuple):
        for place, item in enumerate(value):
            changed = with_a_wrong_one(plain[place], item, model, name)
            if changed is not None:
                return [*plain[:place], changed, *plain[place + 1 :]]
    return None


@pytest.mark.parametrize(
    ("root", "model", "name"),
    [param for param, reference in DECLARED if isinstance(reference, RefersTo)],
)
def test_content_refuses_what_refers_to_nothing(root, model, name):
    wrong = [
        with_a_wrong_one(content.model_dump(), content, model, name)
        for content in sample_content()
        if isinstance(content, root)
    ]
    wrong = [plain for plain in wrong if plain is not None]
    assert wrong, "the sample has no part to try it with"
    for plain in wrong:
        with pytest.raises(ValidationError, match="nowhere"):
            root.model_validate(plain)


# --- what a form makes of it --------------------------------------------------------------------


class Part(Content):
    """A part that others refer to."""

    key: Key
    single: typing.Annotated[Key, RefersTo("parts")]
    maybe: typing.Annotated[Key, RefersTo("parts")] | None = None
    several: tuple[typing.Annotated[Key, RefersTo("parts")], ...] = ()


class Whole(Content):
    """A content with one list."""

    parts: tuple[Part, ...] = Field(())


@pytest.mark.parametrize(
    ("name", "block", "widget"),
    [
        ("single", KeyBlock, KeySelect),
        ("maybe", KeyBlock, KeySelect),
        ("several", KeysBlock, KeyList),
    ],
)
def test_references_are_chosen(name, block, widget):
    made = block_for(name, Part.model_fields[name])
    assert type(made) is block
    shown = made.field.widget.render("f", "here" if name != "several" else ["here"])
    said = {"parts": "parts", "by": "key", "within": []}
    assert json.dumps(said).replace('"', "&quot;") in shown
    assert type(made.field.widget) is widget


def test_what_refers_to_something_gone_stays_in_the_form():
    select = block_for("single", Part.model_fields["single"]).field.widget
    shown = select.render("f", "gone")
    assert '<option value="gone" selected>' in shown
    block = block_for("single", Part.model_fields["single"])
    assert block.clean(block.value_from_datadict({"f": "gone"}, {}, "f")) == "gone"


def test_parts_tell_the_browser_what_they_are_called():
    part = stream_for(Whole, "parts").child_blocks["item"]
    assert part.meta.form_attrs["data-summary"] == "{key}"


@pytest.mark.django_db
def test_parties_are_chosen_among_the_organisations():
    make_organisation("hilfe", name="Hilfe e. V.")

    class Signed(Content):
        by: typing.Annotated[Key, NamedIn("organisations")]

    block = block_for("by", Signed.model_fields["by"])
    assert isinstance(block.field.widget, forms.Select)
    shown = block.field.widget.build_attrs({})["data-reference"]
    assert {"key": "hilfe", "text": "Hilfe e. V."} in json.loads(shown)["register"]
