"""The fields of every section as Markdown, read from the schemas themselves."""

import types
import typing
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from base.blocks import is_tag, reference_of
from base.blocks.annotations import item_of, without_none
from base.content import Key, NamedIn
from base.exchange.kinds import kinds

HEADING = """# Fields of the exchange format

Generated from the schemas by `manage.py describe_format`; a test compares the two. What sections
and values mean is said in [exchange.md](exchange.md). A field in **bold** is needed; others show
what counts when they are left out.
"""

NAMES = {
    str: "text",
    int: "whole number",
    Decimal: "number",
    bool: "true or false",
    date: "date",
    time: "time of day",
    AwareDatetime: "moment",
    dict: "fields as below",
}
LIMITS = {
    "ge": "at least %s",
    "gt": "more than %s",
    "le": "at most %s",
    "lt": "less than %s",
    "min_length": "not fewer than %s",
    "max_length": "no longer than %s",
    "decimal_places": "%s decimal places",
    "pattern": "matches `%s`",
}
KEY_PATTERN = typing.get_args(Key)[1].pattern


def describe_format() -> str:
    """Return the reference of all fields."""
    described: dict[type[BaseModel], None] = {}
    parts = [HEADING]
    for kind in kinds():
        tables = ", CSV and XLSX" if kind.tabular else ""
        parts += [f"\n## `{kind.section}` (YAML, JSON{tables})\n", *_model(kind.entry)]
        nested = _nested(kind.entry) + ([kind.content] if kind.content else [])
        while nested:
            model = nested.pop(0)
            if model not in described:
                described[model] = None
                parts += [f"\n### {model.__name__}\n", *_model(model)]
                nested = _nested(model) + nested
    return "\n".join(parts) + "\n"


def _model(model: type[BaseModel]) -> Iterator[str]:
    yield " ".join((model.__doc__ or "").split()) + "\n"
    yield "| field | value | left out |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        # A tag tells one model from others, so it is needed wherever there are others.
        needed = field.is_required() or is_tag(field)
        shown = f"**`{name}`**" if needed else f"`{name}`"
        yield f"| {shown} | {_value(field)} | {'' if needed else _left_out(field)} |"


def _value(field: FieldInfo) -> str:
    named = [_named(field.annotation, field.metadata), *_limits(field), *_referred(field)]
    value = ", ".join(named)
    said = ": ".join(part for part in (field.title, field.description) if part)
    return _cell(f"{value} ({said})" if said else value)


def _referred(field: FieldInfo) -> Iterator[str]:
    """Yield what a key refers to."""
    item, many = item_of(field.annotation)
    reference = reference_of(FieldInfo.from_annotation(item) if many else field)
    if isinstance(reference, NamedIn):
        yield f"of one of the {reference.register}"
    elif reference:
        yield f"`{reference.by}` of one of the `{reference.parts}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _left_out(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, BaseModel):
        return "preset"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _limits(field: FieldInfo) -> Iterator[str]:
    """Yield what limits a value: the field's own limits first, then its type's."""
    inner = FieldInfo.from_annotation(without_none(field.annotation)[0])
    marks = (*field.metadata, *inner.metadata)
    if _is_key(marks):
        return
    seen = set()
    for limit in marks:
        for name, text in LIMITS.items():
            value = getattr(limit, name, None)
            if value is not None and name not in seen:
                seen.add(name)
                not_empty = name == "min_length" and value == 1
                yield "not empty" if not_empty else text % value


def _is_key(metadata) -> bool:
    return any(getattr(limit, "pattern", None) == KEY_PATTERN for limit in metadata)


def _named(annotation, metadata=()) -> str:
    if _is_key(getattr(annotation, "__metadata__", metadata)):
        return "key"
    annotation = _bare(annotation)
    if annotation in NAMES:
        return NAMES[annotation]
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(annotation))
    if origin is dict:
        key, value = map(_named, typing.get_args(annotation))
        return f"{value} by {key}"
    if origin is tuple:
        return "list of " + _named(typing.get_args(annotation)[0])
    if _is_union(annotation):
        rest = [each for each in typing.get_args(annotation) if each is not type(None)]
        return " or ".join(dict.fromkeys(map(_named, rest)))
    name = annotation.__name__
    return f"[{name}](#{name.lower()})"


def _bare(annotation):
    """Return an annotation without what is annotated to it."""
    if typing.get_origin(annotation) is typing.Annotated and annotation is not AwareDatetime:
        return _bare(typing.get_args(annotation)[0])
    return annotation


def _is_union(annotation) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _nested(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the models that stand in a model's fields, in their order."""
    found: dict[type[BaseModel], None] = {}
    for field in model.model_fields.values():
        if not is_tag(field):
            for inner in _models_in(field.annotation):
                found[inner] = None
    return list(found)


def _models_in(annotation) -> Iterator[type[BaseModel]]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for inner in typing.get_args(annotation):
            if inner is not Ellipsis and inner is not type(None):
                yield from _models_in(inner)
