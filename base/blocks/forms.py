"""Wagtail blocks derived from content models, and the field that keeps a stream of them."""

import typing
from datetime import date
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_noop
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from wagtail import blocks
from wagtail.fields import StreamField

from base.blocks.annotations import (
    is_model,
    is_tag,
    item_of,
    tagged_models,
    unannotated,
    without_none,
)
from base.blocks.lines import LinesBlock
from base.blocks.parts import PartBlock, PartList, PartStream
from base.blocks.references import KeyBlock, KeysBlock, reference_of
from base.blocks.streams import SOLE
from base.blocks.values import ChoiceBlock, DayBlock, DecimalBlock, WholeNumberBlock, YesNoBlock
from base.blocks.wording import (
    caption,
    choices_of,
    help_of,
    is_aside,
    model_caption,
    summary_of,
    translated,
)

LONG_TEXT = 300  # characters; longer texts get several rows
ONE_PER_LINE = gettext_noop("One per line.")


def struct_for(model: type[BaseModel], **meta) -> blocks.StructBlock:
    """Return a StructBlock with one child for each field of the content model."""
    children = [
        (name, block_for(name, field))
        for name, field in model.model_fields.items()
        if not is_tag(field)
    ]
    aside = [name for name, field in model.model_fields.items() if is_aside(field)]
    summary = summary_of(model)
    # References to the part are shown by its summary, filled in from the form as it stands.
    meta = {"form_attrs": {"data-summary": summary}} | meta
    return PartBlock(children, aside=aside, label_format=summary, **meta)


def stream_for(model: type[BaseModel], name: str) -> blocks.StreamBlock:
    """Return the stream in which a draft keeps one field of its content model.

    A tuple becomes a stream of its items (one child type for each tag of a tagged union); a
    single part becomes a stream of exactly one.
    """
    field = model.model_fields[name]
    item, many = item_of(field.annotation)
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
    bare, optional = without_none(field.annotation)
    options = {
        "label": translated(caption(name, field)),
        "help_text": help_of(field),
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
    if is_model(bare):
        return _part(bare, optional, options)
    if not field.is_required() and field.default is not None:
        options["default"] = field.default
    return _scalar(bare, field, options)


def _stream(item, label: str, **meta) -> blocks.StreamBlock:
    """Return a stream of items, with one child for each tag where they are tagged."""
    if tagged := tagged_models(item):
        children = [
            (tag, struct_for(part, label=translated(model_caption(part)), icon="form"))
            for tag, part in tagged.items()
        ]
    else:
        children = [(SOLE, _item_block(item, label))]
    collapsed = meta.get("max_num") != 1 and not isinstance(children[0][1], blocks.FieldBlock)
    return PartStream(children, label=translated(label), collapsed=collapsed, **meta)


def _many(annotation, field: FieldInfo, label: str, options: dict) -> blocks.Block:
    """Return the block of several values within a part."""
    items = typing.get_args(annotation)
    help_text = options["help_text"]
    if tagged_models(items[0]):
        return _stream(items[0], label, required=options["required"], help_text=help_text)
    bare, info = unannotated(items[0])
    if reference := reference_of(info):
        return KeysBlock(reference, **options)
    if bare is str:
        rows = 2 if _limits(info).get("max_length", 0) > LONG_TEXT else 1
        hint = translated(field.description or ONE_PER_LINE)
        return LinesBlock(rows=rows, **options | {"help_text": hint})
    bounds = _count(field)
    if options["required"]:
        bounds.setdefault("min_num", 1)
    if Ellipsis not in items:
        bounds = {"min_num": len(items), "max_num": len(items)}
    return PartList(
        _item_block(items[0], label, field),
        label=options["label"],
        help_text=help_text,
        default=list(field.default or ()) if not field.is_required() else [],
        collapsed=is_model(bare),
        **bounds,
    )


def _part(model: type[BaseModel], optional: bool, options: dict) -> blocks.Block:
    """Return the block of one part: a list of at most one where it need not be there."""
    help_text = options["help_text"]
    if not optional:
        return struct_for(model, label=options["label"], help_text=help_text)
    part = struct_for(model, label=options["label"])
    return PartList(part, label=options["label"], help_text=help_text, max_num=1, default=[])


def _item_block(item, label: str, field: FieldInfo | None = None) -> blocks.Block:
    """Return the block of one item among many; choices are labelled where the field says."""
    bare, info = unannotated(item)
    if field is not None and typing.get_origin(bare) is typing.Literal:
        info = field
    if is_model(bare):
        return struct_for(bare, label=translated(model_caption(bare)))
    return _scalar(bare, info, {"label": translated(label), "required": True})


def _scalar(annotation, field: FieldInfo, options: dict) -> blocks.Block:
    bare, inner = unannotated(annotation)
    limits = _limits(inner) | _limits(field)
    if typing.get_origin(bare) is typing.Literal:
        return ChoiceBlock(choices=choices_of(bare, field), **options)
    if bare is bool:
        return YesNoBlock(**{**options, "required": False})
    if bare is int:
        return WholeNumberBlock(**_least_and_greatest(limits), **options)
    if bare is Decimal:
        places = {key: limits[key] for key in ("max_digits", "decimal_places") if key in limits}
        return DecimalBlock(**_least_and_greatest(limits), **places, **options)
    if bare is date:
        return DayBlock(**options)
    longest = limits.get("max_length")
    if reference := reference_of(field):
        return KeyBlock(reference, max_length=longest, **options)
    if (longest or 0) > LONG_TEXT:
        return blocks.TextBlock(rows=3, max_length=longest, **options)
    return blocks.CharBlock(max_length=longest, **options)


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
