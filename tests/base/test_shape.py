"""The shape of a model: all kinds of fields, read as they are declared."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter

from base.content import (
    ASIDE,
    Content,
    Euros,
    Key,
    Line,
    NamedIn,
    RefersTo,
    Text,
    Words,
    labels,
    summary,
)
from base.exchange.kinds import kinds, result_kinds
from base.shape import models_within, shape_of
from base.studio.approval import drafts

pytestmark = pytest.mark.once

CONTENTS = [draft.edition_model.content_model for draft in drafts()]
ENTRIES = [kind.entry for kind in [*kinds(), *result_kinds()]]
KEY = r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$"


class HouseCat(Content):
    """A model without a title, told apart by what it sounds like."""

    sound: Literal["purr"] = "purr"
    label: Line


class Dog(Content):
    """A model with words of its own."""

    model_config = summary("{legs} legs", title="dog of some kind")

    sound: Literal["bark"] = "bark"
    legs: int = 4


class Zoo(Content):
    """Every kind of field."""

    key: Key
    line: Line = Field(max_length=80, title="a line", description="What it says.")
    words: Words = Field("", **ASIDE)
    whole: int = Field(3, ge=1, le=9)
    amount: Decimal | None = Field(None, gt=0, max_digits=6, decimal_places=2)
    least: Annotated[Decimal, Field(ge=0)] | None = None
    price: Annotated[Decimal, Euros()] | None = None
    yes: bool = False
    day: date
    clock: time | None = None
    moment: AwareDatetime | None
    choice: Literal["one", "two_three", 4] = Field("one", **labels(one="number one"))
    roles: tuple[Literal["a", "b"], ...] = ()
    order: tuple[Literal["a", "b"], Literal["a", "b"]] = ("a", "b")
    days: tuple[date, ...] = Field((), max_length=2)
    lines: tuple[Line, ...] = ()
    paragraphs: tuple[Text, ...] = Field(min_length=1)
    of_key: Annotated[Key, RefersTo("dogs")] | None = None
    of_keys: tuple[Annotated[Key, NamedIn("zoos")], ...] = ()
    anything: dict | None = None
    answers: dict[Key, str] = Field(default_factory=dict)
    inputs: dict[str, Any]
    dog: Dog
    perhaps: Dog | None = None
    dogs: tuple[Dog, ...] = ()
    pet: HouseCat | Dog = Field(discriminator="sound")
    pets: tuple[Annotated[HouseCat | Dog, Field(discriminator="sound")], ...] = ()


PARAGRAPH = {"min_length": 1, "max_length": 8000}
ONE_LINE = {"min_length": 1, "max_length": 300}
A_KEY = {"max_length": 60, "pattern": KEY}
TAGGED = {"purr": HouseCat, "bark": Dog}
AB = (("a", "a"), ("b", "b"))
DECLARED = {
    "key": {"kind": "key", "required": True, "limits": A_KEY},
    "line": {
        "kind": "text",
        "required": True,
        "limits": {"max_length": 80, "min_length": 1},
        "title": "a line",
        "caption": "a line",
        "help": "What it says.",
    },
    "words": {"kind": "text", "default": "", "aside": True},
    "whole": {"kind": "whole number", "default": 3, "limits": {"ge": 1, "le": 9}},
    "amount": {
        "kind": "number",
        "optional": True,
        "limits": {"gt": 0, "max_digits": 6, "decimal_places": 2},
    },
    "least": {"kind": "number", "optional": True, "limits": {"ge": 0}},
    "price": {"kind": "number", "optional": True, "euros": True},
    "yes": {"kind": "true or false", "default": False},
    "day": {"kind": "date", "required": True},
    "clock": {"kind": "time of day", "optional": True},
    "moment": {"kind": "moment", "optional": True, "required": True},
    "choice": {
        "kind": "choice",
        "default": "one",
        "choices": (("one", "number one"), ("two_three", "two three"), (4, "4")),
    },
    "roles": {"kind": "choice", "many": True, "default": (), "choices": AB},
    "order": {"kind": "choice", "many": True, "fixed": 2, "default": ("a", "b"), "choices": AB},
    "days": {"kind": "date", "many": True, "default": (), "count": {"max_length": 2}},
    "lines": {"kind": "text", "many": True, "default": (), "limits": ONE_LINE},
    "paragraphs": {
        "kind": "text",
        "many": True,
        "required": True,
        "limits": PARAGRAPH,
        "count": {"min_length": 1},
        "paragraphs": True,
    },
    "of_key": {"kind": "key", "optional": True, "limits": A_KEY, "reference": RefersTo("dogs")},
    "of_keys": {
        "kind": "key",
        "many": True,
        "default": (),
        "limits": A_KEY,
        "reference": NamedIn("zoos"),
    },
    "anything": {"kind": "mapping", "optional": True},
    "answers": {"kind": "text by key", "default": {}},
    "inputs": {"kind": "anything by text", "required": True},
    "dog": {"kind": "part", "required": True, "parts": {"": Dog}},
    "perhaps": {"kind": "part", "optional": True, "parts": {"": Dog}},
    "dogs": {"kind": "part", "many": True, "default": (), "parts": {"": Dog}},
    "pet": {"kind": "part", "required": True, "parts": TAGGED, "tagged": True},
    "pets": {"kind": "part", "many": True, "default": (), "parts": TAGGED, "tagged": True},
}
UNSAID = {
    **{"title": "", "help": "", "aside": False, "many": False, "fixed": None, "optional": False},
    **{"required": False, "default": None, "choices": (), "limits": {}, "count": {}},
    **{"reference": None, "euros": False, "parts": {}, "paragraphs": False, "tagged": False},
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_field_is_read_as_it_is_declared(name):
    said = UNSAID | {"name": name, "caption": name.replace("_", " ")} | DECLARED[name]
    field = shape_of(Zoo).fields[name]
    assert {word: getattr(field, word) for word in said} == said


def test_fields_stand_in_the_order_of_the_model():
    assert list(shape_of(Zoo).fields) == list(DECLARED) == list(Zoo.model_fields)


def test_a_model_is_called_by_its_title_or_its_name():
    assert shape_of(HouseCat).caption == "house cat"
    assert (shape_of(Dog).caption, shape_of(Dog).summary) == ("dog of some kind", "{legs} legs")
    assert (shape_of(HouseCat).summary, shape_of(Zoo).summary) == ("{label}", "{key}")


def test_a_tag_is_no_field_to_fill_in():
    cat = shape_of(HouseCat)
    assert (cat.tag.name, cat.tag_value, list(cat.fields)) == ("sound", "purr", ["label"])
    assert (shape_of(Zoo).tag, shape_of(Zoo).tag_value) == (None, "")


def test_a_choice_that_is_not_offered_is_called_by_its_value():
    choice = shape_of(Zoo).fields["choice"]
    assert [choice.choice_text(each) for each in ("one", "no_such")] == ["number one", "no such"]


def test_models_are_followed_by_those_within_and_found_once():
    class Town(Content):
        zoo: Zoo
        street: Dog

    assert models_within(Town, HouseCat) == [Town, Zoo, Dog, HouseCat]


def test_a_type_without_a_word_is_refused():
    class Odd(Content):
        value: complex

    with pytest.raises(KeyError, match="complex"):
        shape_of(Odd)


def test_content_and_entries_are_walked():
    names = {model.__name__ for model in models_within(*CONTENTS, *ENTRIES)}
    assert names >= {"Quantity", "HourlyRate", "DaysAfter", "EditionEntry", "LineResult"}


@pytest.mark.parametrize("model", models_within(*CONTENTS, *ENTRIES), ids=lambda m: m.__name__)
def test_every_model_has_the_shape_pydantic_reads_it_in(model):
    shape, schema = shape_of(model), model.model_json_schema()
    assert {*shape.fields, *([shape.tag.name] if shape.tag else ())} == set(model.model_fields)
    for name, field in shape.fields.items():
        said = schema["properties"][name].get("anyOf", [schema["properties"][name]])
        assert field.required == (name in schema.get("required", ()))
        assert field.optional == ({"type": "null"} in said)
        assert field.many == any(each.get("type") == "array" for each in said)
        first = [item for each in said for item in each.get("prefixItems", ())[:1]]
        items = [*said, *(each["items"] for each in said if "items" in each), *first]
        assert bool(field.fixed) == bool(first)
        texts = [item for item in items if item.get("type") == "string"]
        assert [item["enum"] for item in items if "enum" in item] == (
            [[value for value, _text in field.choices]] if field.choices else []
        )
        assert field.kind == "key" or not any(item.get("pattern") == KEY for item in texts)
        assert bool(field.parts) == (field.kind == "part")
        assert field.kind in ("key", "text") or not field.reference
        if field.tagged:
            assert len({shape_of(part).tag.name for part in field.parts.values()}) == 1


@pytest.mark.parametrize("model", models_within(*CONTENTS, *ENTRIES), ids=lambda m: m.__name__)
def test_a_text_as_long_as_is_said_is_accepted(model):
    """A type of text may be shorter than its field says: the reference would promise too much."""
    for name, field in shape_of(model).fields.items():
        limits = field.limits if field.kind == "text" and not field.many else {}
        if "max_length" in limits and "pattern" not in limits:
            info = model.model_fields[name]
            longest = "x" * limits["max_length"]
            assert TypeAdapter(Annotated[info.annotation, info]).validate_python(longest) == longest


@pytest.mark.parametrize("model", models_within(*CONTENTS), ids=lambda m: m.__name__)
def test_a_form_has_a_field_for_every_kind_of_content(model):
    kinds = {field.kind for field in shape_of(model).fields.values()}
    assert kinds <= {
        *("text", "key", "choice", "whole number", "number", "true or false", "date", "part")
    }
