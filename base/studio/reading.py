"""Content as people read it: headings, texts, lists and tables, made from its content model.

A draft may be unfinished: whatever is there is shown, whatever is missing is left out.
"""

import re
import typing
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from base import formats
from base.blocks import caption, is_tag, model_caption, reference_of, registered, tagged_models
from base.blocks.annotations import is_model, item_of, unwrap, without_none
from base.blocks.wording import choice_text, summary_of
from base.content import RefersTo

PLACE = re.compile(r"\{(\w+)\}")


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
    """Return the fields of a content that hold something, in their order."""
    return _Reader(model, plain).passages(model, plain, leave_out)


class _Reader:
    """Reads one content; keys of its parts are read as what the parts are called."""

    def __init__(self, model: type[BaseModel], plain: dict):
        self.model, self.plain = model, plain

    def passages(self, model: type[BaseModel], plain: dict, leave_out=()) -> tuple[Passage, ...]:
        """Return the fields of one part of the content."""
        found = (
            self.passage(capfirst(_(caption(name, info))), plain.get(name), info)
            for name, info in model.model_fields.items()
            if name not in leave_out and not is_tag(info)
        )
        return tuple(passage for passage in found if passage is not None)

    def passage(self, label: str, value, info: FieldInfo) -> Passage | None:
        """Return one field; None where it holds nothing."""
        bare = unwrap(without_none(info.annotation)[0])
        if value in (None, "", [], (), {}, False):
            return None
        if typing.get_origin(bare) is tuple:
            item = typing.get_args(bare)[0]
            if tagged_models(item) or is_model(unwrap(item)):
                return Passage(label, parts=tuple(self.part(each, item) for each in value))
            return Passage(label, lines=self.items(value, item, info))
        if tagged_models(bare) or is_model(bare):
            return Passage(label, parts=(self.part(value, bare),))
        return Passage(label, text=self.text(value, info))

    def part(self, plain: dict, annotation) -> Part:
        """Return one part: its summary as a title, and what the summary does not say."""
        tagged = tagged_models(annotation)
        model = unwrap(annotation)
        kind = ""
        if tagged:
            tag = next(plain[name] for name in ("model", "type") if name in plain)
            model = tagged[tag]
            kind = capfirst(_(model_caption(model)))
        shown = {
            name: self.text(plain[name], model.model_fields[name])
            for name in PLACE.findall(summary_of(model))
            if plain.get(name) not in (None, "", [], ()) and name in model.model_fields
        }
        title = _filled(summary_of(model), shown)
        return Part(title, kind, self.passages(model, plain, tuple(shown)))

    def text(self, value, info: FieldInfo) -> str:
        """Return a value, or several, as one text."""
        bare = unwrap(without_none(info.annotation)[0])
        if typing.get_origin(bare) is tuple:
            return ", ".join(self.items(value, typing.get_args(bare)[0], info))
        if reference := reference_of(info):
            return self.named(value, reference)
        return _single(value, bare, info)

    def items(self, values, item, info: FieldInfo) -> tuple[str, ...]:
        """Return each of several values as a text; `info` is of the field that holds them."""
        if reference := reference_of(FieldInfo.from_annotation(item)):
            return tuple(self.named(value, reference) for value in values)
        return tuple(_single(value, unwrap(item), info) for value in values)

    def named(self, key: str, reference) -> str:
        """Return what the part is called that a key names; the key where there is no such part."""
        if not isinstance(reference, RefersTo):
            return dict(registered(reference)).get(key, key)
        item, _many = item_of(self.model.model_fields[reference.parts].annotation)
        for part in self.plain.get(reference.parts) or ():
            if part.get(reference.by) == key:
                model = next(iter(tagged_models(item).values()), unwrap(item))
                texts = {name: str(text) for name, text in part.items() if text is not None}
                return _filled(summary_of(model), texts) or key
        return key


def _filled(summary: str, texts: dict[str, str]) -> str:
    """Return a summary with its places filled in, as far as there are texts."""
    filled = PLACE.sub(lambda place: texts.get(place[1], ""), summary)
    return " ".join(filled.split()).strip(" :–")


def _single(value, bare, info: FieldInfo) -> str:
    if typing.get_origin(bare) is typing.Literal:
        return capfirst(_(choice_text(value, info)))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal):
        return formats.number(value, most=max(4, -value.as_tuple().exponent))
    return str(value)
