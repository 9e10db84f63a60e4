"""Content → stream → content is the identity, by way of the database and by way of a form."""

import json
import string
import typing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from wagtail import blocks

from base.blocks import (
    LinesBlock,
    block_for,
    from_stream,
    stream_for,
    struct_for,
    to_stream,
)
from base.content import ASIDE, Content, Key, Line, Text, Words, labels, summary
from base.shape import shape_of
from cms.content.catalogue import CatalogueContent
from cms.content.description import DescriptionContent
from cms.models import Catalogue, Description
from contracts.content import ContractContent
from contracts.models import Contract
from forms.content import FormContent
from forms.models import FormDefinition
from tests.cms.posting import post_of_block

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
DRAFTS = {
    CatalogueContent: Catalogue,
    DescriptionContent: Description,
    ContractContent: Contract,
    FormContent: FormDefinition,
}
CASES = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model, draft in DRAFTS.items()
    for name in model.model_fields
    if hasattr(draft._meta.get_field(name), "stream_block")
]


def sample_content():
    """Every content of the sample's files, amendments completed."""
    models = {
        "catalogues": CatalogueContent,
        "descriptions": DescriptionContent,
        "contracts": ContractContent,
        "forms": FormContent,
    }
    for path in sorted(SAMPLE.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for section, model in models.items():
            for entry in document.get(section, ()):
                plain = {}
                for edition in entry["editions"]:
                    plain |= edition.get("content") or edition["amends"]
                    yield model.model_validate(plain)


# --- by way of the database, by way of a form ---------------------------------------------------


def by_database(block, raw):
    return block.to_python(json.loads(json.dumps(raw)))


def by_form(block, raw):
    post = post_of_block(block, by_database(block, raw), "f")
    return block.clean(block.value_from_datadict(post, {}, "f"))


WAYS = pytest.mark.parametrize("way", [by_database, by_form])


@WAYS
def test_the_sample_comes_back_equal(way):
    kinds = set()
    for content in sample_content():
        model = type(content)
        plain = {}
        for name, field in shape_of(model).fields.items():
            value = getattr(content, name)
            if isinstance(value, tuple | BaseModel):
                stream = way(stream_for(model, name), to_stream(value))
                value = from_stream(stream, field)
            plain[name] = value
        assert model.model_validate(plain) == content
        kinds.add(model)
    assert kinds >= {CatalogueContent, DescriptionContent, ContractContent}


# Generated values keep the limits of each field; what fields must agree on is not looked at here,
# because a draft may well be wrong: it has to come back as it is all the same.

WORD = st.text(string.ascii_letters + string.digits + "äöüß§–„“()%", min_size=1, max_size=12)
LINES = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
KEYS = st.from_regex(r"\A[a-z0-9]{1,6}([-_.][a-z0-9]{1,6})?\Z")


def limits(metadata) -> dict:
    names = (
        "ge",
        "gt",
        "le",
        "max_length",
        "min_length",
        "pattern",
        "decimal_places",
        "max_digits",
    )
    found = {}
    for part in metadata:
        for name in names:
            if getattr(part, name, None) is not None:
                found[name] = getattr(part, name)
    return found


def tagged_models(annotation) -> dict[str, type[BaseModel]]:
    """The models of a union by their tags; nothing for another type."""
    members = typing.get_args(annotation)
    if not members or not all(isinstance(each, type(BaseModel)) for each in members):
        return {}
    return {shape_of(each).tag_value: each for each in members}


def values(annotation, metadata=(), required=False) -> st.SearchStrategy:
    """Values of a type within its limits; a form wants one item where many are required."""
    if typing.get_origin(annotation) is typing.Annotated:
        inner = FieldInfo.from_annotation(annotation)
        return values(inner.annotation, [*inner.metadata, *metadata])
    arguments = typing.get_args(annotation)
    if type(None) in arguments:
        (bare,) = (argument for argument in arguments if argument is not type(None))
        return st.none() | values(bare, metadata)
    if tagged := tagged_models(annotation):
        return st.one_of([parts(model) for model in tagged.values()])
    bounds = limits(metadata)
    if typing.get_origin(annotation) is tuple:
        if Ellipsis not in arguments:
            return st.tuples(*map(values, arguments))
        least = bounds.get("min_length", int(required))
        return st.lists(values(arguments[0]), min_size=least, max_size=3).map(tuple)
    if typing.get_origin(annotation) is typing.Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return parts(annotation)
    return scalars(annotation, bounds)


def scalars(kind, bounds) -> st.SearchStrategy:
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(bounds.get("ge", 0), bounds.get("le", 10_000))
    if kind is Decimal:
        places = bounds.get("decimal_places", 4)
        least = Decimal(1).scaleb(-places) if "gt" in bounds else 0
        return st.decimals(least, bounds.get("le", 100), places=places)
    if kind is date:
        return st.dates(date(1990, 1, 1), date(2099, 12, 31))
    assert kind is str, kind
    if "pattern" in bounds:
        return KEYS
    return LINES if bounds.get("min_length") else st.just("") | LINES


def parts(model) -> st.SearchStrategy:
    """Instances of a content model, not validated."""
    fields = {
        name: values(field.annotation, field.metadata, field.is_required())
        for name, field in model.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(lambda plain: model.model_construct(**plain))


def rebuilt(plain, annotation):
    """Plain data as instances again, not validated, with the defaults of what is missing."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    arguments = typing.get_args(annotation)
    if plain is None:
        return None
    if type(None) in arguments:
        (annotation,) = (argument for argument in arguments if argument is not type(None))
        return rebuilt(plain, annotation)
    if tagged := tagged_models(annotation):
        tag = shape_of(next(iter(tagged.values()))).tag.name
        return rebuilt(plain, tagged[plain[tag]])
    if typing.get_origin(annotation) is tuple:
        return tuple(rebuilt(item, arguments[0]) for item in plain)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        known = annotation.model_fields
        assert plain.keys() <= known.keys()
        built = {name: rebuilt(value, known[name].annotation) for name, value in plain.items()}
        return annotation.model_construct(**built)
    return plain


@WAYS
@pytest.mark.parametrize(("model", "name"), CASES)
def test_generated_content_comes_back_equal(way, model, name):
    field = model.model_fields[name]
    block = stream_for(model, name)

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(values(field.annotation, field.metadata, field.is_required()))
    def comes_back(value):
        stream = way(block, to_stream(value))
        plain = from_stream(stream, shape_of(model).fields[name])
        assert rebuilt(plain, field.annotation) == value

    comes_back()


# --- what a form looks like ---------------------------------------------------------------------


class Inner(Content):
    """A part within."""

    model_config = summary("{amount}", title="inner part")

    amount: Decimal = Field(
        gt=0, max_digits=6, decimal_places=2, title="amount", description="More than nothing."
    )
    sign: typing.Literal[1, -1] = 1


class Outer(Content):
    """Every kind of field once."""

    key: Key = Field(title="the key", description="How it is known.")
    line: Line
    text: Text
    words: Words = Field("", max_length=2000, **ASIDE)
    count: int = Field(3, ge=1, le=9)
    day: date | None = None
    phase: Key | None = None
    choice: typing.Literal["one", "two_three"] = Field("one", **labels(one="Number one"))
    keys: tuple[Key, ...] = Field(min_length=1)
    days: tuple[date, ...] = ()
    order: tuple[typing.Literal["a", "b"], typing.Literal["a", "b"]] = ("a", "b")
    maybe: Inner | None = None
    inner: Inner
    many: tuple[Inner, ...] = ()


@pytest.fixture
def outer() -> blocks.StructBlock:
    return struct_for(Outer)


def test_labels_and_help_come_from_the_model(outer):
    children = outer.child_blocks
    inner = children["inner"].child_blocks["amount"]
    assert (inner.label, inner.field.help_text) == ("Amount", "More than nothing.")
    assert children["line"].label == "Line"
    assert children["many"].child_block.label == "Inner part"
    assert children["many"].child_block.meta.label_format == "{amount}"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("key", blocks.CharBlock),
        ("line", blocks.CharBlock),
        ("text", blocks.TextBlock),
        ("words", blocks.TextBlock),
        ("count", blocks.IntegerBlock),
        ("day", blocks.DateBlock),
        ("choice", blocks.ChoiceBlock),
        ("keys", LinesBlock),
        ("days", blocks.ListBlock),
        ("order", blocks.ListBlock),
        ("maybe", blocks.ListBlock),
        ("inner", blocks.StructBlock),
        ("many", blocks.ListBlock),
    ],
)
def test_each_kind_of_field_has_its_block(outer, name, kind):
    assert type(outer.child_blocks[name]) is kind or isinstance(outer.child_blocks[name], kind)


def test_limits_become_those_of_the_form(outer):
    children = outer.child_blocks
    assert (children["count"].field.min_value, children["count"].field.max_value) == (1, 9)
    assert children["line"].field.max_length == 300
    amount = children["inner"].child_blocks["amount"].field
    assert (amount.decimal_places, amount.max_digits) == (2, 6)
    assert children["maybe"].meta.max_num == 1
    assert (children["order"].meta.min_num, children["order"].meta.max_num) == (2, 2)


def test_required_and_preset_are_those_of_the_model(outer):
    children = outer.child_blocks
    required = {n for n, child in children.items() if getattr(child, "required", False)}
    assert {"line", "text", "keys"} <= required
    # A key is made where none is given.
    assert not {"key", "words", "count", "day", "phase"} & required
    preset = outer.get_default()
    assert (preset["count"], preset["choice"], list(preset["order"])) == (3, "one", ["a", "b"])
    assert list(preset["maybe"]) == list(preset["many"]) == []


def test_choices_have_labels(outer):
    choices = dict(outer.child_blocks["choice"].field.choices)
    assert (choices["one"], choices["two_three"]) == ("Number one", "Two three")


def test_seldom_used_fields_are_folded_away(outer):
    assert outer.meta.form_layout.settings == ["words", "key"]
    assert not {"words", "key"} & set(outer.meta.form_layout.children)


class Named(Content):
    """A part that others may name."""

    key: Key
    label: Line


class Holding(Content):
    """Parts that may be named, and one that names another."""

    parts: tuple[Named, ...]
    named: tuple[Inner, ...] = ()


def keys_given(*parts: tuple[str, str]) -> list[str]:
    """Return the keys that parts have once they are stored, each given as its key and label."""
    stream = stream_for(Holding, "parts")
    raw = [("item", {"key": key, "label": label}) for key, label in parts]
    return [child.value["key"] for child in stream.clean_deferred(stream.normalize(raw))]


def test_parts_get_keys_made_of_what_they_are_called():
    assert keys_given(("", "Übergänge & Größe")) == ["uebergaenge-groesse"]
    assert keys_given(("", "Talk"), ("", "Talk"), ("", "talk!")) == ["talk", "talk-2", "talk-3"]
    # What is there stays, wherever it stands.
    assert keys_given(("", "Talk"), ("talk", "Other")) == ["talk-2", "talk"]
    assert keys_given(("", "…")) == ["named"]


def test_a_key_is_cut_between_words_and_fits_with_its_number():
    label = "Beratung " * 20
    first, second = keys_given(("", label), ("", label))
    assert first == "-".join(["beratung"] * 6)
    assert second == f"{first}-2" and len(second) <= 60
    (long,) = keys_given(("", "x" * 300))
    assert long == "x" * 56


@pytest.mark.parametrize("text", ["m4\r\nm5", " m4 \n\n m5\n", "m4\rm5"])
def test_lines_are_read_from_one_field(text):
    block = block_for(shape_of(Outer).fields["keys"])
    assert block.clean(block.value_from_datadict({"f": text}, {}, "f")) == ["m4", "m5"]


def test_an_empty_choice_of_a_key_is_none(outer):
    filled = outer.get_default()
    filled |= {"key": "k", "line": "l", "text": "t", "keys": ["m"], "phase": ""}
    filled["inner"]["amount"] = Decimal("1")
    post = post_of_block(outer, filled, "f")
    value = outer.clean(outer.value_from_datadict(post, {}, "f"))

    class Holder(Content):
        outer: Outer

    stream = stream_for(Holder, "outer").normalize([("item", value)])
    content = Outer.model_validate(from_stream(stream, shape_of(Holder).fields["outer"]))
    assert content.phase is None and content.maybe is None
    assert content.inner.sign == 1


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [("one\r\ntwo", "one two"), (" a\n\n  b ", "a b"), ("a\tb", "a b"), ("§\xa04", "§\xa04")],
)
def test_a_paragraph_has_no_line_breaks(given_text, kept):
    class Note(Content):
        text: Text
        words: Words

    note = Note(text=given_text, words="one\r\ntwo")
    assert (note.text, note.words) == (kept, "one\ntwo")


@pytest.mark.parametrize("kind", [Line, Text, Words])
def test_control_characters_are_refused(kind):
    class Note(Content):
        text: kind

    with pytest.raises(ValueError, match=r"U\+0000"):
        Note(text="a\0b")


def test_one_part_needed_is_one_part_of_the_stream():
    stream = stream_for(ContractContent, "term")
    assert (stream.meta.min_num, stream.meta.max_num) == (1, 1)
    assert stream_for(CatalogueContent, "phases").meta.max_num is None
