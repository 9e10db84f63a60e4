"""Editions frozen once are read for ever, whatever content consists of today."""

import json
from pathlib import Path

import pytest
from django.apps import apps

from base.editions import Edition

FILES = sorted(Path(__file__).with_name("kept").glob("editions-*.json"))
"""The content of editions as it was stored in that month; a changed form is one more file."""

KEPT = [
    pytest.param(row["of"], row["content"], id=f"{path.stem} {place}")
    for path in FILES
    for place, row in enumerate(json.loads(path.read_text()), 1)
]


def test_each_kind_of_edition_is_among_them():
    kinds = {model._meta.label for model in apps.get_models() if issubclass(model, Edition)}

    assert {param.values[0] for param in KEPT} == kinds


@pytest.mark.parametrize(("label", "content"), KEPT)
def test_what_was_frozen_is_read_and_says_the_same(label, content):
    """Read as its edition reads it, nothing that was said is lost or said otherwise."""
    edition = apps.get_model(label)(content=content)

    assert list(lost(content, edition.data.model_dump(mode="json"))) == []


def lost(before, now, place: str = ""):
    """Yield where something said before is not said now; what came since may stand beside it."""
    if isinstance(before, dict):
        for key, value in before.items():
            if key not in now:
                yield f"{place}/{key}"
            else:
                yield from lost(value, now[key], f"{place}/{key}")
    elif isinstance(before, list):
        if len(before) != len(now):
            yield place
        for number, (one, other) in enumerate(zip(before, now, strict=False)):
            yield from lost(one, other, f"{place}[{number}]")
    elif before != now:
        yield f"{place}: {before!r} is {now!r}"
