"""The way between a stream, as Wagtail stores it, and plain data a content model reads."""

import typing
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from base.blocks.annotations import (
    is_model,
    is_tag,
    item_of,
    tag_field,
    tagged_models,
    unwrap,
    without_none,
)

SOLE = "item"  # name of the child where a stream has only one kind


def to_stream(value, annotation) -> list[dict]:
    """Return a content field's value as the raw value of its stream."""
    _item_type, many = item_of(annotation)
    if value is None:
        return []
    items = value if many else [value]
    return [{"type": _tag_of(item) or SOLE, "value": _raw(item)} for item in items]


def from_stream(stream, annotation):
    """Return a stream's value as plain data the content model reads."""
    item, many = item_of(annotation)
    tagged = tagged_models(item)
    plain = [
        _plain_struct(child.value, tagged[child.block_type], child.block_type)
        if tagged
        else _plain(child.value, item)
        for child in stream
    ]
    return plain if many else (plain[0] if plain else None)


def _raw(value):
    if isinstance(value, BaseModel):
        raw = {}
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            if not is_tag(field) and inner is not None:
                raw[name] = _raw_field(inner, field.annotation)
        return raw
    if isinstance(value, tuple):
        return [_raw(item) for item in value]
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def _raw_field(value, annotation):
    if tagged_models(item_of(annotation)[0]):
        return to_stream(value, annotation)
    _bare, optional = without_none(annotation)
    return [_raw(value)] if optional and isinstance(value, BaseModel) else _raw(value)


def _plain_struct(value, model: type[BaseModel], tag: str | None = None) -> dict:
    plain = {} if tag is None else {tag_field(model): tag}
    for name, field in model.model_fields.items():
        if not is_tag(field):
            inner = _plain(value.get(name), field.annotation)
            if inner is not None or field.is_required():
                plain[name] = inner
    return plain


def _plain(value, annotation):
    bare, optional = without_none(annotation)
    bare = unwrap(bare)
    if tagged_models(bare):
        return from_stream(value, bare)
    if typing.get_origin(bare) is tuple:
        item = typing.get_args(bare)[0]
        if tagged_models(item):
            return from_stream(value, bare)
        return [_plain(inner, item) for inner in value or ()]
    if is_model(bare):
        if not optional:
            return _plain_struct(value, bare)
        return next((_plain_struct(part, bare) for part in value or ()), None)
    if typing.get_origin(bare) is typing.Literal:
        # A form sends every choice as text: 1 comes as "1".
        return next((v for v in typing.get_args(bare) if str(v) == str(value)), value or None)
    return None if value == "" and (optional or bare is not str) else value


def _tag_of(item) -> str | None:
    name = tag_field(type(item)) if isinstance(item, BaseModel) else None
    return getattr(item, name) if name else None
