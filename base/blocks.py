"""Wagtail blocks derived from content models, and the way between a stream and its content.

A content model (`base.content`) is the one schema; the studio's form fields follow from it, so a
field added there appears in the studio, in the exchange format and in editions at once.
"""

import types
import typing
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.functional import lazy
from django.utils.translation import gettext
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from wagtail import blocks

LONG_TEXT = 300


def _translate(text: str) -> str:
    return gettext(text) if text else ""


_lazy = lazy(_translate, str)


def struct_for(model: type[BaseModel], **meta) -> blocks.StructBlock:
    """Return a StructBlock with one child for each field of the content model."""
    children = [
        (name, block_for(field.annotation, field))
        for name, field in model.model_fields.items()
        if not is_tag(field)
    ]
    return blocks.StructBlock(children, **meta)


def stream_for(model: type[BaseModel], name: str) -> blocks.StreamBlock:
    """Return the stream in which a draft keeps one field of its content model.

    A tuple becomes a stream of its items (one child type for each tag of a tagged union); a
    single part becomes a stream of exactly one.
    """
    field = model.model_fields[name]
    item, many = _item(field.annotation)
    label = _lazy(field.title or "")
    if tagged := tagged_models(item):
        children = [(tag, struct_for(part, label=_lazy(_title(part)))) for tag, part in tagged.items()]
    elif _is_model(item):
        children = [("item", struct_for(item, label=label))]
    else:
        children = [("item", _scalar(*_unannotated(item), {"label": label}))]
    least = 1 if field.is_required() else 0
    return blocks.StreamBlock(
        children, required=bool(least), min_num=least or None, max_num=None if many else 1
    )


def to_stream(value, annotation) -> list[dict]:
    """Return a content field's value as the raw value of its stream."""
    _item_type, many = _item(annotation)
    if value is None:
        return []
    return [{"type": _tag_of(item) or "item", "value": _raw(item)} for item in (value if many else [value])]


def from_stream(stream, annotation):
    """Return a stream's value as plain data the content model reads."""
    item, many = _item(annotation)
    tagged = tagged_models(item)
    plain = [
        _plain_struct(child.value, tagged[child.block_type], child.block_type)
        if tagged
        else _plain(child.value, item)
        for child in stream
    ]
    return plain if many else (plain[0] if plain else None)


def _item(annotation):
    """Return the type of one item, and whether the field holds many."""
    bare, _optional = _without_none(annotation)
    if typing.get_origin(bare) is tuple:
        return typing.get_args(bare)[0], True
    return bare, False


def _is_model(annotation) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def block_for(annotation, field: FieldInfo) -> blocks.Block:
    """Return the block in which a value of this type is edited."""
    bare, optional = _without_none(annotation)
    options = {
        "label": _lazy(field.title or ""),
        "help_text": _lazy(field.description or ""),
        "required": field.is_required() and not optional,
    }
    if not field.is_required() and field.default not in (None, ()):
        options["default"] = field.default
    origin = typing.get_origin(bare)
    if tagged_models(bare):
        return _single_tagged(bare, options)
    if origin is tuple:
        return _many(bare, options)
    if origin is typing.Literal:
        choices = [(value, _lazy(str(value).replace("_", " "))) for value in typing.get_args(bare)]
        return blocks.ChoiceBlock(choices=choices, **options)
    if _is_model(bare):
        return struct_for(bare, label=options["label"], required=options["required"])
    return _scalar(bare, field, options)


def _scalar(bare, field: FieldInfo, options: dict) -> blocks.Block:
    if bare is bool:
        return blocks.BooleanBlock(**{**options, "required": False})
    if bare is int:
        return blocks.IntegerBlock(**options)
    if bare is Decimal:
        return blocks.DecimalBlock(**options)
    if bare is date:
        return blocks.DateBlock(**options)
    if _longest(field) > LONG_TEXT:
        return blocks.TextBlock(rows=3, **options)
    return blocks.CharBlock(**options)


def _many(annotation, options: dict) -> blocks.Block:
    (item, *_rest) = typing.get_args(annotation)
    options.pop("default", None)
    if tagged := tagged_models(item):
        children = [(tag, struct_for(model, label=_lazy(_title(model)))) for tag, model in tagged.items()]
        return blocks.StreamBlock(children, **options)
    bare, info = _unannotated(item)
    if _is_model(bare):
        child = struct_for(bare)
    else:
        child = _scalar(bare, info, {"label": options["label"]})
    return blocks.ListBlock(child, label=options["label"], help_text=options["help_text"],
                            min_num=1 if options["required"] else None, default=[])


def _single_tagged(annotation, options: dict) -> blocks.StreamBlock:
    children = [
        (tag, struct_for(model, label=_lazy(_title(model))))
        for tag, model in tagged_models(annotation).items()
    ]
    options.pop("default", None)
    return blocks.StreamBlock(children, max_num=1, min_num=1 if options["required"] else 0, **options)


def tagged_models(annotation) -> dict[str, type[BaseModel]]:
    """Return tag → model for a discriminated union, else nothing."""
    bare, _info = _unannotated(annotation)
    bare, _optional = _without_none(bare)
    members = typing.get_args(bare) if _is_union(bare) else ()
    found = {}
    for member in members:
        model, _ignored = _unannotated(member)
        tag = tag_field(model) if _is_model(model) else None
        if tag is None:
            return {}
        found[typing.get_args(model.model_fields[tag].annotation)[0]] = model
    return found


def tag_field(model: type[BaseModel]) -> str | None:
    """Return the name of the field whose only value tells this model from its siblings."""
    return next((name for name, field in model.model_fields.items() if is_tag(field)), None)


def _raw(value):
    if isinstance(value, BaseModel):
        raw = {}
        for name, field in type(value).model_fields.items():
            if is_tag(field):
                continue
            inner = getattr(value, name)
            if inner is not None and tagged_models(_item(field.annotation)[0]):
                raw[name] = to_stream(inner, field.annotation)
            elif inner is not None:
                raw[name] = _raw(inner)
        return raw
    if isinstance(value, tuple):
        return [_raw(item) for item in value]
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def _plain_struct(value, model: type[BaseModel], tag: str | None) -> dict:
    plain = {} if tag is None else {tag_field(model): tag}
    for name, field in model.model_fields.items():
        if not is_tag(field):
            inner = _plain(value.get(name), field.annotation)
            if inner is not None or field.is_required():
                plain[name] = inner
    return plain


def _plain(value, annotation):
    bare, optional = _without_none(annotation)
    bare, _info = _unannotated(bare)
    if tagged := tagged_models(bare):
        return next((_plain_struct(c.value, tagged[c.block_type], c.block_type) for c in value), None)
    if typing.get_origin(bare) is tuple:
        (item, *_rest) = typing.get_args(bare)
        if tagged_models(item):
            return from_stream(value, bare)
        return [_plain(inner, item) for inner in value or ()]
    if _is_model(bare):
        plain = None if value is None else _plain_struct(value, bare, None)
        return None if optional and plain is not None and _untouched(plain, bare) else plain
    return None if value == "" and bare is not str else value


def _untouched(plain: dict, model: type[BaseModel]) -> bool:
    """Tell whether a form left every field of an optional part empty or as preset."""
    return all(
        value in (None, "", [], model.model_fields[name].default) for name, value in plain.items()
    )


def _tag_of(item) -> str | None:
    name = tag_field(type(item)) if isinstance(item, BaseModel) else None
    return getattr(item, name) if name else None


def is_tag(field: FieldInfo) -> bool:
    """Tell whether the field can hold one value only, and so names its model among others."""
    return (
        typing.get_origin(field.annotation) is typing.Literal
        and len(typing.get_args(field.annotation)) == 1
    )


def _is_union(annotation) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _without_none(annotation):
    if _is_union(annotation):
        rest = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        if len(rest) < len(typing.get_args(annotation)):
            return (rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]), True  # noqa: UP007
    return annotation, False


def _unannotated(annotation):
    if typing.get_origin(annotation) is typing.Annotated:
        return typing.get_args(annotation)[0], FieldInfo.from_annotation(annotation)
    return annotation, FieldInfo.from_annotation(annotation)


def _longest(field: FieldInfo) -> int:
    lengths = []
    for part in field.metadata:
        lengths.append(getattr(part, "max_length", None) or 0)
    return max(lengths, default=0)


def _title(model: type[BaseModel]) -> str:
    return model.model_config.get("title") or model.__name__
