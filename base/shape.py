"""The shape of a model: what each of its fields may hold, and what it is called.

    shape_of(CatalogueContent).fields["modules"].parts

Content models and entries of the exchange format say so by types and what is annotated to them.
They are taken apart here and nowhere else: forms, streams, comparisons, outlines, problems and
the reference of the format are loops over shapes. Texts are English message ids, translated where
they are shown (`base.blocks.wording`). Pure: needs no Django.
"""

import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from base.content import Euros, Kept, Key, NamedIn, RefersTo, Text

Reference = RefersTo | NamedIn
KINDS = {
    str: "text",
    int: "whole number",
    Decimal: "number",
    bool: "true or false",
    date: "date",
    time: "time of day",
    AwareDatetime: "moment",
    dict: "mapping",
    typing.Any: "anything",
}
"""The words for types; besides them a field is a "key", a "choice", a "part" or "text by key"."""

LIMITS = (
    *("ge", "gt", "le", "lt", "min_length", "max_length"),
    *("max_digits", "decimal_places", "pattern"),
)
KEY_PATTERN = typing.get_args(Key)[1].pattern
KEY = "key"
CALLED = ("label", "title", "text")
"""The names of fields that hold what a part is called."""
SOLE = ""
"""Stands for the tag where a field's parts are of one model only."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a model.

    `kind` is the kind of its value, of each of its values where it holds `many`. `limits` are a
    value's, `count` those of how many there are; `fixed` is their number where it is always the
    same. `optional`: it may be None; `required`: it has no `default`. `choices` are values and
    what they are called. `printed`: nothing reads it but print and comparison. `euros`: its number
    is money. `file` is the kind of file whose number it is, if it is one's. `where`: it counts only
    where fields beside it have these values. `parts` are the models of its parts by their tags.
    `paragraphs`: it holds texts of which each is a statement of its own.
    """

    name: str
    title: str
    help: str
    printed: bool
    aside: bool
    where: Mapping[str, str]
    kind: str
    many: bool
    fixed: int | None
    optional: bool
    required: bool
    default: object
    choices: tuple[tuple[object, str], ...]
    limits: Mapping[str, typing.Any]
    count: Mapping[str, int]
    reference: Reference | None
    euros: bool
    file: str
    parts: Mapping[str, type[BaseModel]]
    paragraphs: bool

    @property
    def caption(self) -> str:
        """What the field is called; one without a title is called by its name."""
        return self.title or self.name.replace("_", " ")

    @property
    def tagged(self) -> bool:
        """Whether its parts may be of several models, told apart by their tags."""
        return bool(self.parts) and SOLE not in self.parts

    def choice_text(self, value) -> str:
        """Return what a choice is called, be it one that is offered or not."""
        return dict(self.choices).get(value, _spaced(value))


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A model: what it is called, its fields in their order, and what tells it from siblings.

    `summary` is the format of the line that stands for a part: "{code} {title}". `tag` is the
    field that can hold one value only; it is none of `fields`, because nobody fills it in.
    """

    caption: str
    summary: str
    tag: Field | None
    fields: Mapping[str, Field]

    @property
    def key(self) -> Field | None:
        """The field that tells a part from its siblings for good; None where no part needs it.

        A key that names something else is none.
        """
        field = self.fields.get(KEY)
        return None if field is None or field.reference else field

    @property
    def key_from(self) -> tuple[str, ...]:
        """The fields of which a key is made, the best first: what the part is called."""
        return tuple(name for name in CALLED if name in self.fields)

    @property
    def tag_value(self) -> str:
        """The only value of the tag; empty where there is none."""
        return self.tag.choices[0][0] if self.tag else SOLE


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """Return the shape of a model. Raises KeyError for a type that has no word in `KINDS`."""
    fields = {name: _field(name, info) for name, info in model.model_fields.items()}
    tag = next((field for field in fields.values() if len(field.choices) == 1), None)
    if tag:
        del fields[tag.name]
    named = [name for name in (*CALLED, KEY) if name in fields]
    return Shape(
        caption=model.model_config.get("title")
        or re.sub(r"(?<!^)(?=[A-Z])", " ", model.__name__).lower(),
        summary=_extra(model.model_config.get("json_schema_extra"), "summary")
        or (f"{{{named[0]}}}" if named else ""),
        tag=tag,
        fields=fields,
    )


def models_within(*roots: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the models, each once and followed by those that stand in its fields."""
    found, waiting = [], list(roots)
    while waiting:
        model = waiting.pop(0)
        if model not in found:
            found.append(model)
            fields = shape_of(model).fields.values()
            waiting = [part for field in fields for part in field.parts.values()] + waiting
    return found


def _field(name: str, info: FieldInfo) -> Field:
    bare, optional = _without_none(info.annotation)
    many = typing.get_origin(bare) is tuple
    items = typing.get_args(bare) if many else (bare,)
    item = FieldInfo.from_annotation(items[0])
    # The field's own limits come before its type's.
    marks = item.metadata if many else [*info.metadata, *item.metadata]
    parts = _parts(item.annotation)
    return Field(
        name=name,
        title=info.title or "",
        help=info.description or "",
        printed=bool(_extra(info.json_schema_extra, "printed")),
        aside=bool(_extra(info.json_schema_extra, "aside")),
        where=_extra(info.json_schema_extra, "where") or {},
        kind="part" if parts else _kind(item.annotation, marks),
        many=many,
        fixed=len(items) if many and Ellipsis not in items else None,
        optional=optional,
        required=info.is_required(),
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        choices=_choices(item.annotation, _extra(info.json_schema_extra, "labels") or {}),
        limits=_limits(marks),
        count=_limits(info.metadata) if many else {},
        reference=next((mark for mark in marks if isinstance(mark, Reference)), None),
        euros=any(isinstance(mark, Euros) for mark in marks),
        file=next((mark.kind for mark in marks if isinstance(mark, Kept)), ""),
        parts=parts,
        paragraphs=many and items[0] == Text,
    )


def _kind(bare, marks: Iterable) -> str:
    origin = typing.get_origin(bare)
    if origin is typing.Literal:
        return "choice"
    if origin is dict:
        inner = map(FieldInfo.from_annotation, typing.get_args(bare))
        key, value = (_kind(each.annotation, each.metadata) for each in inner)
        return f"{value} by {key}"
    return "key" if _limits(marks).get("pattern") == KEY_PATTERN else KINDS[bare]


def _parts(bare) -> dict[str, type[BaseModel]]:
    members = typing.get_args(bare) if _is_union(bare) else (bare,)
    if not all(isinstance(each, type) and issubclass(each, BaseModel) for each in members):
        return {}
    return {shape_of(each).tag_value if len(members) > 1 else SOLE: each for each in members}


def _choices(bare, texts: Mapping) -> tuple[tuple[object, str], ...]:
    values = typing.get_args(bare) if typing.get_origin(bare) is typing.Literal else ()
    return tuple((value, texts.get(value, _spaced(value))) for value in values)


def _limits(marks: Iterable) -> dict[str, typing.Any]:
    """Return what limits a value, by the name of the limit; the first that is said counts."""
    found: dict[str, typing.Any] = {}
    for mark in marks:
        for name in LIMITS:
            if getattr(mark, name, None) is not None:
                found.setdefault(name, getattr(mark, name))
    return found


def _without_none(annotation):
    """Return a type as it is when there is a value, and whether there need not be one."""
    if not _is_union(annotation):
        return annotation, False
    members = typing.get_args(annotation)
    rest = tuple(each for each in members if each is not type(None))
    return typing.Union[rest], len(rest) < len(members)  # noqa: UP007


def _is_union(annotation) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _extra(extra, key: str):
    return extra.get(key) if isinstance(extra, dict) else None


def _spaced(value) -> str:
    return str(value).replace("_", " ")
