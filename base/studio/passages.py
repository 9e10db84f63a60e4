"""Content as people read it: headings, texts, lists and tables, made from its content model.

A draft may be unfinished: whatever is there is shown, whatever is missing is left out.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import BaseModel
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from base.blocks import registered, shown
from base.content import RefersTo
from base.formats import money
from base.legible import legible
from base.shape import Field, Shape, shape_of

PLACE = re.compile(r"\{(\w+)\}")
SAME = re.compile(r"(?<!\S)(\S+)–\1(?!\S)")  # from five to five


@dataclass(frozen=True)
class Passage:
    """One field as it is read: its name, and a text, a list of lines, or parts."""

    label: str
    text: str = ""
    lines: tuple[str, ...] = ()
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True)
class Part:
    """One part of content with its fields."""

    title: str
    kind: str = ""
    passages: tuple[Passage, ...] = field(default=())


def passages_of(model: type[BaseModel], plain: dict, *, leave_out=()) -> tuple[Passage, ...]:
    """Return the fields of a content that hold something, in their order; keys of parts aside."""
    shape = shape_of(model)
    return _Reader(shape, plain).passages(shape, plain, leave_out)


class _Reader:
    """Reads one content; keys of its parts are read as what the parts are called."""

    def __init__(self, shape: Shape, plain: dict):
        self.shape, self.plain = shape, plain

    def passages(self, shape: Shape, plain: dict, leave_out=()) -> tuple[Passage, ...]:
        """Return the fields of one part of the content."""
        return tuple(
            self.passage(plain[name], field)
            for name, field in shape.fields.items()
            if (field.kind != "key" or field.reference)
            and field is not shape.key
            and name not in leave_out
            and plain.get(name) not in (None, "", [], (), {}, False)
            and all(plain.get(other) == value for other, value in field.where.items())
        )

    def passage(self, value, field: Field) -> Passage:
        """Return one field that holds something."""
        label = shown(field.caption)
        if field.parts:
            parts = value if field.many else (value,)
            return Passage(label, parts=tuple(self.part(part, field) for part in parts))
        if field.many:
            return Passage(label, lines=tuple(self.single(each, field) for each in value))
        return Passage(label, text=self.single(value, field))

    def part(self, plain: dict, field: Field) -> Part:
        """Return one part: its summary as a title, and what the summary does not say."""
        shape = _shape_of_part(plain, field)
        said = {
            name: self.text(plain[name], shape.fields[name])
            for name in PLACE.findall(shape.summary)
            if plain.get(name) not in (None, "", [], ())
        }
        called = shown(shape.caption)
        title = _filled(shape.summary, said) or called
        kind = called if field.tagged and called != title else ""
        return Part(title, kind, self.passages(shape, plain, said))

    def text(self, value, field: Field) -> str:
        """Return a value, or several, as one text."""
        values = value if field.many else (value,)
        return ", ".join(self.single(each, field) for each in values)

    def single(self, value, field: Field) -> str:
        """Return one value as a text."""
        if isinstance(field.reference, RefersTo):
            return self.named(value, field.reference)
        if field.reference:
            return dict(registered(field.reference)).get(value, value)
        if field.file:
            return file_title(field.file, value)
        if field.euros:
            return money(Decimal(value))
        if field.choices:
            return shown(field.choice_text(value))
        return legible(value)

    def named(self, key: str, reference: RefersTo) -> str:
        """Return what the part is called that a key names; the key where there is no such part."""
        for part in self.plain.get(reference.parts) or ():
            if part.get(reference.by) == key:
                shape = _shape_of_part(part, self.shape.fields[reference.parts])
                texts = {name: str(text) for name, text in part.items() if text is not None}
                return _filled(shape.summary, texts) or key
        return key


def file_title(kind: str, number: int) -> str:
    """Return what a file beside the content is called; nothing for one that is gone."""
    model = {"image": get_image_model, "document": get_document_model}[kind]()
    return model.objects.filter(pk=number).values_list("title", flat=True).first() or ""


def _shape_of_part(plain: dict, field: Field) -> Shape:
    """Return the shape of one of a field's parts: tagged ones say which of them it is."""
    shapes = map(shape_of, field.parts.values())
    return next(
        shape
        for shape in shapes
        if not field.tagged or plain.get(shape.tag.name) == shape.tag_value
    )


def _filled(summary: str, texts: dict[str, str]) -> str:
    """Return a summary with its places filled in, as far as there are texts."""
    filled = PLACE.sub(lambda place: texts.get(place[1], ""), summary)
    return SAME.sub(r"\1", " ".join(filled.split()).strip(" :–"))
