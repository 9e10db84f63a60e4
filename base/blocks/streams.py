"""The way between a stream, as Wagtail stores it, and plain data a content model reads."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from base.shape import Field, shape_of

SOLE = "item"  # name of the child where a stream has only one kind
TEXTS = ("text", "key")


def to_stream(value) -> list[dict]:
    """Return a content field's value as the raw value of its stream."""
    if value is None:
        return []
    items = value if isinstance(value, tuple) else (value,)
    return [{"type": _tag_of(item) or SOLE, "value": _raw(item)} for item in items]


def from_stream(stream, field: Field):
    """Return a stream's value as plain data the content model reads."""
    plain = [
        _part(child.value, field.parts[child.block_type])
        if field.tagged
        else _item(child.value, field)
        for child in stream
    ]
    return plain if field.many else (plain[0] if plain else None)


def _raw(value):
    if isinstance(value, BaseModel):
        fields = shape_of(type(value)).fields.values()
        raw = {field.name: _raw_field(getattr(value, field.name), field) for field in fields}
        return {name: inner for name, inner in raw.items() if inner is not None}
    if isinstance(value, tuple):
        return [_raw(item) for item in value]
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def _raw_field(value, field: Field):
    if value is not None and field.tagged:
        return to_stream(value)
    return [_raw(value)] if field.optional and isinstance(value, BaseModel) else _raw(value)


def _part(value, model: type[BaseModel]) -> dict:
    shape = shape_of(model)
    plain = {shape.tag.name: shape.tag_value} if shape.tag else {}
    for name, field in shape.fields.items():
        inner = _plain(value.get(name), field)
        if inner is not None or field.required:
            plain[name] = inner
    return plain


def _plain(value, field: Field):
    if field.tagged:
        return from_stream(value, field)
    if field.many:
        return [_item(inner, field) for inner in value or ()]
    if field.parts and field.optional:
        return next((_item(part, field) for part in value or ()), None)
    return _item(value, field)


def _item(value, field: Field):
    if field.parts:
        return _part(value, *field.parts.values())
    if field.file:
        return getattr(value, "pk", value)
    if field.choices:
        # A form sends every choice as text: 1 comes as "1".
        return next((v for v, _text in field.choices if str(v) == str(value)), value or None)
    return None if value == "" and (field.optional or field.kind not in TEXTS) else value


def _tag_of(item) -> str:
    return shape_of(type(item)).tag_value if isinstance(item, BaseModel) else ""
