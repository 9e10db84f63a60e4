"""Wagtail blocks derived from content models, and the way between a stream and its content.

A content model (`base.content`) is the one schema; the studio's form fields follow from it, so a
field added there appears in the studio, in the exchange format and in editions at once. Labels,
help, limits and choices come from it too. A part that need not be there is a list of at most one:
added and removed as a whole, never half filled in.
"""

import re
import types
import typing
from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from wagtail import blocks
from wagtail.fields import StreamField

LONG_TEXT = 300  # characters; longer texts get several rows
SOLE = "item"  # name of the child where a stream has only one kind
ONE_PER_LINE = gettext_noop("One per line.")


def _translate(text: str) -> str:
    return capfirst(gettext(text)) if text else ""


_lazy = lazy(_translate, str)


def caption(name: str, field: FieldInfo) -> str:
    """Return what a field is called, in English; one without a title is called by its name."""
    return field.title or name.replace("_", " ")


def model_caption(model: type[BaseModel]) -> str:
    """Return what a content model is called, in English: ServiceArea is a "service area"."""
    title = model.model_config.get("title")
    return title or re.sub(r"(?<!^)(?=[A-Z])", " ", model.__name__).lower()


def struct_for(model: type[BaseModel], **meta) -> blocks.StructBlock:
    """Return a StructBlock with one child for each field of the content model."""
    children = [
        (name, block_for(name, field))
        for name, field in model.model_fields.items()
        if not is_tag(field)
    ]
    aside = [
        name
        for name, field in model.model_fields.items()
        if _extra(field.json_schema_extra, "aside")
    ]
    return PartBlock(children, aside=aside, label_format=_summary(model), **meta)


class PartBlock(blocks.StructBlock):
    """A part of content; its form folds away the fields that are seldom filled in (`aside`)."""

    def __init__(self, children=None, *, aside=(), **kwargs):
        self.aside = list(aside)
        super().__init__(children, **kwargs)

    def get_form_layout(self) -> blocks.BlockGroup:
        shown = [name for name in self.child_blocks if name not in self.aside]
        return blocks.BlockGroup(shown, settings=self.aside)


class Lines(list):
    """Texts that show as one text, each on a line of its own."""

    def __str__(self) -> str:
        return "\n".join(self)


class LinesBlock(blocks.TextBlock):
    """Several short texts, edited as the lines of one field: a list of text needs no panels."""

    def normalize(self, value) -> Lines:
        return Lines(value or ())

    to_python = normalize

    def get_prep_value(self, value) -> list[str]:
        return list(value or ())

    def value_for_form(self, value) -> str:
        return "\n".join(value or ())

    def value_from_form(self, value) -> Lines:
        lines = (line.strip() for line in (value or "").replace("\r", "\n").split("\n"))
        return Lines(filter(None, lines))

    def get_searchable_content(self, value) -> list[str]:
        return list(value or ())

    class Meta:
        default = ()


def stream_for(model: type[BaseModel], name: str) -> blocks.StreamBlock:
    """Return the stream in which a draft keeps one field of its content model.

    A tuple becomes a stream of its items (one child type for each tag of a tagged union); a
    single part becomes a stream of exactly one.
    """
    field = model.model_fields[name]
    item, many = _item(field.annotation)
    bounds = _count(field) if many else {"max_num": 1}
    if field.is_required():
        bounds.setdefault("min_num", 1)
    return _stream(item, caption(name, field), required=field.is_required(), **bounds)


class ContentField(StreamField):
    """Keeps one field of a content model as the stream in which it is edited.

    Migrations know it as JSON: a changed label or limit, even a new kind of part, needs none, and
    a migration that changes content works on the stored value as it is.
    """

    def __init__(self, model: type[BaseModel], name: str, **options):
        self.content_of = (model, name)
        block = stream_for(model, name)
        super().__init__(block, **{"blank": not block.meta.required} | options)

    def deconstruct(self):
        name, _path, _arguments, options = models.Field.deconstruct(self)
        return name, "django.db.models.JSONField", [], options

    def clone(self):
        _name, _path, _arguments, options = self.deconstruct()
        return type(self)(*self.content_of, **options)


def is_single(stream: blocks.StreamBlock) -> bool:
    """Tell whether a stream holds exactly one part of one kind."""
    return stream.meta.max_num == stream.meta.min_num == 1 and len(stream.child_blocks) == 1


def sole_item(stream: blocks.StreamBlock):
    """Return the value of a stream with its one part, not filled in yet."""
    return stream.normalize([(SOLE, stream.child_blocks[SOLE].get_default())])


def block_for(name: str, field: FieldInfo) -> blocks.Block:
    """Return the block in which a field's value is edited."""
    bare, optional = _without_none(field.annotation)
    options = {
        "label": _lazy(caption(name, field)),
        "help_text": _lazy(field.description or ""),
        "required": field.is_required() and not optional,
    }
    if tagged_models(bare):
        return _stream(
            bare,
            caption(name, field),
            help_text=options["help_text"],
            required=options["required"],
            min_num=int(options["required"]),
            max_num=1,
        )
    if typing.get_origin(bare) is tuple:
        return _many(bare, field, caption(name, field), options)
    if _is_model(bare):
        return _part(bare, optional, options)
    if not field.is_required() and field.default is not None:
        options["default"] = field.default
    return _scalar(bare, field, options)


def _stream(item, label: str, **meta) -> blocks.StreamBlock:
    """Return a stream of items, with one child for each tag where they are tagged."""
    if tagged := tagged_models(item):
        children = [
            (tag, struct_for(part, label=_lazy(model_caption(part)), icon="form"))
            for tag, part in tagged.items()
        ]
    else:
        children = [(SOLE, _item_block(item, label))]
    collapsed = meta.get("max_num") != 1 and not isinstance(children[0][1], blocks.FieldBlock)
    return blocks.StreamBlock(children, label=_lazy(label), collapsed=collapsed, **meta)


def _many(annotation, field: FieldInfo, label: str, options: dict) -> blocks.Block:
    """Return the block of several values within a part."""
    items = typing.get_args(annotation)
    help_text = options["help_text"]
    if tagged_models(items[0]):
        return _stream(items[0], label, required=options["required"], help_text=help_text)
    bare, info = _unannotated(items[0])
    if bare is str:
        rows = 2 if _limits(info).get("max_length", 0) > LONG_TEXT else 1
        hint = _lazy(field.description or ONE_PER_LINE)
        return LinesBlock(rows=rows, **options | {"help_text": hint})
    bounds = _count(field)
    if options["required"]:
        bounds.setdefault("min_num", 1)
    if Ellipsis not in items:
        bounds = {"min_num": len(items), "max_num": len(items)}
    return blocks.ListBlock(
        _item_block(items[0], label, field),
        label=options["label"],
        help_text=help_text,
        default=list(field.default or ()) if not field.is_required() else [],
        collapsed=_is_model(bare),
        **bounds,
    )


def _part(model: type[BaseModel], optional: bool, options: dict) -> blocks.Block:
    """Return the block of one part: a list of at most one where it need not be there."""
    help_text = options["help_text"]
    if not optional:
        return struct_for(model, label=options["label"], help_text=help_text)
    part = struct_for(model, label=options["label"])
    return blocks.ListBlock(
        part, label=options["label"], help_text=help_text, max_num=1, default=[]
    )


def _item_block(item, label: str, field: FieldInfo | None = None) -> blocks.Block:
    """Return the block of one item among many; choices are labelled where the field says."""
    bare, info = _unannotated(item)
    if field is not None and typing.get_origin(bare) is typing.Literal:
        info = field
    if _is_model(bare):
        return struct_for(bare, label=_lazy(model_caption(bare)))
    return _scalar(bare, info, {"label": _lazy(label), "required": True})


def _scalar(annotation, field: FieldInfo, options: dict) -> blocks.Block:
    bare, inner = _unannotated(annotation)
    limits = _limits(inner) | _limits(field)
    if typing.get_origin(bare) is typing.Literal:
        return blocks.ChoiceBlock(choices=_choices(bare, field), **options)
    if bare is bool:
        return blocks.BooleanBlock(**{**options, "required": False})
    if bare is int:
        return blocks.IntegerBlock(**_least_and_greatest(limits), **options)
    if bare is Decimal:
        places = {key: limits[key] for key in ("max_digits", "decimal_places") if key in limits}
        return blocks.DecimalBlock(**_least_and_greatest(limits), **places, **options)
    if bare is date:
        return blocks.DateBlock(**options)
    longest = limits.get("max_length")
    if (longest or 0) > LONG_TEXT:
        return blocks.TextBlock(rows=3, max_length=longest, **options)
    return blocks.CharBlock(max_length=longest, **options)


def _choices(literal, field: FieldInfo) -> list[tuple]:
    texts = _extra(field.json_schema_extra, "labels") or {}
    return [
        (value, _lazy(texts.get(value, str(value).replace("_", " "))))
        for value in typing.get_args(literal)
    ]


def _limits(field: FieldInfo) -> dict:
    """Return what pydantic's metadata say of a value's size, by the name of the limit."""
    names = ("ge", "gt", "le", "lt", "min_length", "max_length", "max_digits", "decimal_places")
    return {
        name: getattr(part, name)
        for part in field.metadata
        for name in names
        if getattr(part, name, None) is not None
    }


def _least_and_greatest(limits: dict) -> dict:
    """Return the limits a form field knows; it has no word for "greater than"."""
    known = {"min_value": limits.get("ge", limits.get("gt")), "max_value": limits.get("le")}
    return {name: value for name, value in known.items() if value is not None}


def _count(field: FieldInfo) -> dict:
    """Return how many items a field holds at least and at most, as blocks call it."""
    limits = _limits(field)
    known = {"min_num": limits.get("min_length"), "max_num": limits.get("max_length")}
    return {name: value for name, value in known.items() if value is not None}


def _extra(extra, key: str):
    return extra.get(key) if isinstance(extra, dict) else None


def _summary(model: type[BaseModel]) -> str:
    """Return the format of the line that stands for a folded part."""
    if template := _extra(model.model_config.get("json_schema_extra"), "summary"):
        return template
    names = [name for name in ("label", "title", "text", "key") if name in model.model_fields]
    return f"{{{names[0]}}}" if names else ""


def to_stream(value, annotation) -> list[dict]:
    """Return a content field's value as the raw value of its stream."""
    _item_type, many = _item(annotation)
    if value is None:
        return []
    items = value if many else [value]
    return [{"type": _tag_of(item) or SOLE, "value": _raw(item)} for item in items]


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


def tagged_models(annotation) -> dict[str, type[BaseModel]]:
    """Return tag → model for a discriminated union, else nothing."""
    bare, _optional = _without_none(_bare(annotation))
    members = typing.get_args(bare) if _is_union(bare) else ()
    found = {}
    for member in members:
        model = _bare(member)
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
    if tagged_models(_item(annotation)[0]):
        return to_stream(value, annotation)
    _bare, optional = _without_none(annotation)
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
    bare, optional = _without_none(annotation)
    bare = _bare(bare)
    if tagged_models(bare):
        return from_stream(value, bare)
    if typing.get_origin(bare) is tuple:
        item = typing.get_args(bare)[0]
        if tagged_models(item):
            return from_stream(value, bare)
        return [_plain(inner, item) for inner in value or ()]
    if _is_model(bare):
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


def _bare(annotation):
    """Return a type without what is annotated to it."""
    is_annotated = typing.get_origin(annotation) is typing.Annotated
    return typing.get_args(annotation)[0] if is_annotated else annotation


def _unannotated(annotation) -> tuple[typing.Any, FieldInfo]:
    """Return a type, and what is annotated to it as pydantic reads it."""
    return _bare(annotation), FieldInfo.from_annotation(annotation)
