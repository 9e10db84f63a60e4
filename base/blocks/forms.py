"""Wagtail blocks derived from content models, and the field that keeps a stream of them."""

from dataclasses import replace

from django.db import models
from django.utils.translation import gettext_noop
from pydantic import BaseModel
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageChooserBlock

from base.blocks.lines import LinesBlock
from base.blocks.parts import PartBlock, PartList, PartStream
from base.blocks.references import KeyBlock, KeysBlock
from base.blocks.streams import SOLE, TEXTS
from base.blocks.values import ChoiceBlock, DayBlock, DecimalBlock, WholeNumberBlock, YesNoBlock
from base.blocks.wording import help_of, translated
from base.shape import KEY, Field, shape_of

CHOOSERS = {"image": ImageChooserBlock, "document": DocumentChooserBlock}
"""In which block a file of a kind is chosen."""

LONG_TEXT = 300  # characters; longer texts get several rows
ONE_PER_LINE = gettext_noop("One per line.")
MADE = gettext_noop(
    "Short name by which files and later editions know this part; made of what it is called."
)


def struct_for(model: type[BaseModel], **meta) -> blocks.StructBlock:
    """Return a StructBlock with one child for each field of the content model."""
    shape = shape_of(model)
    fields = dict(shape.fields)
    aside = [name for name, field in fields.items() if field.aside]
    # References to the part are shown by its summary, filled in from the form as it stands.
    attributes, key_from = {"data-summary": shape.summary}, ()
    if shape.key:
        fields[KEY] = replace(shape.key, help=MADE, required=False)
        aside.append(KEY)
        key_from = shape.key_from
        attributes["data-key-from"] = " ".join(key_from)
    children = [(name, block_for(field)) for name, field in fields.items()]
    meta = {"form_attrs": attributes} | meta
    return PartBlock(children, aside=aside, key_from=key_from, label_format=shape.summary, **meta)


def stream_for(model: type[BaseModel], name: str) -> blocks.StreamBlock:
    """Return the stream in which a draft keeps one field of its content model.

    A tuple becomes a stream of its items (one child type for each tag of a tagged union); a
    single part becomes a stream of exactly one.
    """
    field = shape_of(model).fields[name]
    return _stream(field, required=field.required, **_count(field))


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


def needs_a_part(stream: blocks.StreamBlock) -> bool:
    """Tell whether a stream holds at least one part, and there is no question of which kind."""
    return bool(stream.meta.min_num) and len(stream.child_blocks) == 1


def sole_item(stream: blocks.StreamBlock):
    """Return the value of a stream with its first part, not filled in yet."""
    return stream.normalize([(SOLE, stream.child_blocks[SOLE].get_default())])


def block_for(field: Field) -> blocks.Block:
    """Return the block in which a field's value is edited."""
    options = {
        "label": translated(field.caption),
        "help_text": help_of(field),
        "required": field.required and not field.optional,
    }
    if field.many:
        return _many(field, options)
    if field.tagged:
        said = {name: options[name] for name in ("help_text", "required")}
        return _stream(field, **_count(field), **said)
    if field.parts:
        return _part(field, options)
    if field.default is not None:
        options["default"] = field.default
    return _scalar(field, options)


def _stream(field: Field, **meta) -> blocks.StreamBlock:
    """Return a stream of items, with one child for each tag where they are tagged."""
    if field.tagged:
        children = [
            (tag, struct_for(part, label=translated(shape_of(part).caption), icon="form"))
            for tag, part in field.parts.items()
        ]
    else:
        children = [(SOLE, _item(field))]
    collapsed = meta.get("max_num") != 1 and bool(field.parts)
    return PartStream(children, label=translated(field.caption), collapsed=collapsed, **meta)


def _many(field: Field, options: dict) -> blocks.Block:
    """Return the block of several values within a part."""
    if field.tagged:
        return _stream(field, required=options["required"], help_text=options["help_text"])
    if field.reference:
        return KeysBlock(field.reference, **options)
    if field.kind in TEXTS:
        rows = 2 if field.limits.get("max_length", 0) > LONG_TEXT else 1
        if not (field.help or field.printed):
            options["help_text"] = translated(ONE_PER_LINE)
        return LinesBlock(rows=rows, **options)
    return PartList(
        _item(field),
        label=options["label"],
        help_text=options["help_text"],
        default=list(field.default or ()),
        collapsed=bool(field.parts),
        **_count(field),
    )


def _part(field: Field, options: dict) -> blocks.Block:
    """Return the block of one part: a list of at most one where it need not be there."""
    (model,) = field.parts.values()
    said = {name: options[name] for name in ("label", "help_text")}
    if not field.optional:
        return struct_for(model, **said)
    return PartList(struct_for(model, label=said["label"]), max_num=1, default=[], **said)


def _item(field: Field) -> blocks.Block:
    """Return the block of one item among many."""
    if field.parts:
        (model,) = field.parts.values()
        return struct_for(model, label=translated(shape_of(model).caption))
    item = _scalar(field, {"label": translated(field.caption), "required": True})
    # Wagtail draws no label for the only kind of item there is.
    item.field.widget.attrs["aria-label"] = item.label
    return item


def _scalar(field: Field, options: dict) -> blocks.Block:
    limits = field.limits
    if field.file:
        return CHOOSERS[field.file](**options)
    # A form field has no word for "greater than".
    ends = {"min_value": limits.get("ge", limits.get("gt")), "max_value": limits.get("le")}
    longest = limits.get("max_length")
    match field.kind:
        case "choice":
            choices = [(value, translated(text)) for value, text in field.choices]
            return ChoiceBlock(choices=choices, **options)
        case "true or false":
            return YesNoBlock(**options | {"required": False})
        case "whole number":
            return WholeNumberBlock(**ends, **options)
        case "number":
            places = {name: limits.get(name) for name in ("max_digits", "decimal_places")}
            return DecimalBlock(**ends, **places, **options)
        case "date":
            return DayBlock(**options)
    if field.reference:
        return KeyBlock(field.reference, max_length=longest, **options)
    if (longest or 0) > LONG_TEXT:
        return blocks.TextBlock(rows=3, max_length=longest, **options)
    return blocks.CharBlock(max_length=longest, **options)


def _count(field: Field) -> dict:
    """Return how many items a field holds at least and at most, as blocks call it."""
    least = field.count.get("min_length", 1 if field.required else None)
    most = field.count.get("max_length", None if field.many else 1)
    return {"min_num": field.fixed or least, "max_num": field.fixed or most}
