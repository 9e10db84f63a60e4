"""Keys that refer to other parts of a content: declared once, offered by forms, checked."""

import json
import subprocess
import sys
import typing

import pytest
from django import forms
from pydantic import BaseModel, Field, ValidationError

from base.blocks import block_for, stream_for
from base.blocks.references import KeyBlock, KeyList, KeysBlock, KeySelect
from base.content import Content, Key, NamedIn, RefersTo
from base.shape import models_within, shape_of
from base.studio.approval import drafts
from tests.base.test_blocks import sample_content
from tests.factories import make_organisation

ROOTS = [draft.edition_model.content_model for draft in drafts()]
# Answered on the case: no part of the catalogue.
FREE = {("Extra", "condition")}


def references():
    for root in ROOTS:
        for model in models_within(root):
            for name, field in shape_of(model).fields.items():
                if field.reference:
                    param = pytest.param(root, model, name, id=f"{model.__name__}.{name}")
                    yield param, field.reference


DECLARED = list(references())
EACH = [param for param, _reference in DECLARED]


def test_every_kind_of_reference_is_there():
    assert {param.id for param in EACH} >= {
        "Quantity.unit",
        "Module.phase",
        "Entry.modules",
        "CatalogueContent.entry_module",
        "AgreedTerm.clause",
        "PricedKind.key",
        "BasePart.component",
        "Signature.organisation",
    }


def test_what_content_names_is_known_where_no_studio_is():
    """A worker or a command that reads content has no reason to load Wagtail's hooks."""
    named = {each.register for _param, each in DECLARED if isinstance(each, NamedIn)}
    asked = (
        "import django, sys; django.setup();"
        "assert not [m for m in sys.modules if m.endswith('.wagtail_hooks')];"
        "from base.blocks.references import _REGISTERS; print(*sorted(_REGISTERS), sep='|')"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True
    ).stdout
    assert named <= set(told.strip().split("|"))


@pytest.mark.parametrize(
    ("root", "reference"),
    [
        pytest.param(param.values[0], reference, id=param.id)
        for param, reference in DECLARED
        if isinstance(reference, RefersTo)
    ],
)
def test_a_reference_names_a_list_of_its_content(root, reference):
    named = shape_of(root).fields[reference.parts]
    parts = named.parts.values()
    assert named.many
    assert parts and all(reference.by in part.model_fields for part in parts)
    for inner in reference.within:
        assert any(inner in part.model_fields for part in parts)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.__name__)
def test_a_key_is_the_name_of_its_own_part_or_a_reference(root):
    """No form asks anybody to type the key of something else."""
    typed = {
        (model.__name__, name)
        for model in models_within(root)
        for name, field in shape_of(model).fields.items()
        if name != "key" and field.kind == "key" and field.reference is None
    }
    assert typed <= FREE


def with_a_wrong_one(plain, value, model, name):
    """The plain data of a content in which one part of that model names nothing there is."""
    if isinstance(value, model):
        many = shape_of(model).fields[name].many
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
    made = block_for(shape_of(Part).fields[name])
    assert type(made) is block
    shown = made.field.widget.render("f", "here" if name != "several" else ["here"])
    said = {"parts": "parts", "by": "key", "within": []}
    assert json.dumps(said).replace('"', "&quot;") in shown
    assert type(made.field.widget) is widget


def test_what_refers_to_something_gone_stays_in_the_form():
    select = block_for(shape_of(Part).fields["single"]).field.widget
    shown = select.render("f", "gone")
    assert '<option value="gone" selected>' in shown
    block = block_for(shape_of(Part).fields["single"])
    assert block.clean(block.value_from_datadict({"f": "gone"}, {}, "f")) == "gone"


def test_parts_tell_the_browser_what_they_are_called():
    part = stream_for(Whole, "parts").child_blocks["item"]
    assert part.meta.form_attrs["data-summary"] == "{key}"


@pytest.mark.django_db
def test_parties_are_chosen_among_the_organisations():
    make_organisation("hilfe", name="Hilfe e. V.")

    class Signed(Content):
        by: typing.Annotated[Key, NamedIn("organisations")]

    block = block_for(shape_of(Signed).fields["by"])
    assert isinstance(block.field.widget, forms.Select)
    shown = block.field.widget.build_attrs({})["data-reference"]
    assert {"key": "hilfe", "text": "Hilfe e. V."} in json.loads(shown)["register"]
