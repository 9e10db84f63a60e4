"""What is said about wrong content: for people, and nothing that is not true."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from pydantic import BaseModel, Field, ValidationError

from base.exchange.kinds import kinds
from base.problems import allowed, describe, true_errors
from base.studio.approval import drafts

pytestmark = pytest.mark.once


class Part(BaseModel):
    text: str = Field(min_length=1)


class Whole(BaseModel):
    parts: tuple[Part, ...] = Field(min_length=1)
    others: tuple[Part, ...] = Field(min_length=1)


def told(**values) -> list[str]:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        Whole(**values)
        return []
    with translation.override("en"):
        return [describe(error) for error in true_errors(refused.value.errors())]


def test_what_is_wrong_is_not_said_to_be_missing_too():
    assert told(parts=[{"text": ""}], others=[]) == [
        "parts[1].text: nothing is filled in yet",
        "others: an entry is missing",
    ]


def patterns(schema) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(found := schema.get("pattern"), str):
            yield found
        for value in schema.values():
            yield from patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from patterns(value)


def test_every_pattern_is_said_in_words():
    models = [model.edition_model.content_model for model in drafts()]
    models += [kind.entry for kind in kinds()]
    found = {each for model in models for each in patterns(model.model_json_schema())}
    # Those of decimal numbers are refused as numbers before.
    own = {each for each in found if "(?!" not in each}
    assert own
    for pattern in own:
        error = {"type": "string_pattern_mismatch", "loc": (), "ctx": {"pattern": pattern}}
        with translation.override("de"):
            assert pattern not in allowed(error | {"msg": ""})
