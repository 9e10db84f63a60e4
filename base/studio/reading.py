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

from base import formats
from base.blocks import caption, is_tag, model_caption, tagged_models
from base.blocks.annotations import is_model, unwrap, without_none
from base.blocks.wording import choice_text, summary_of


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
    """Return the fields of a content model that hold something, in their order."""
    found = (
        _passage(capfirst(_(caption(name, info))), plain.get(name), info.annotation, info)
        for name, info in model.model_fields.items()
        if name not in leave_out and not is_tag(info)
    )
    return tuple(passage for passage in found if passage is not None)


def _passage(label: str, value, annotation, info) -> Passage | None:
    bare, _optional = without_none(annotation)
    bare = unwrap(bare)
    if value in (None, "", [], (), {}, False):
        return None
    if typing.get_origin(bare) is tuple:
        item = typing.get_args(bare)[0]
        if tagged_models(item) or is_model(unwrap(item)):
            return Passage(label, parts=tuple(_part(each, item) for each in value))
        return Passage(label, lines=tuple(_text(each, item, info) for each in value))
    if tagged_models(bare) or is_model(bare):
        return Passage(label, parts=(_part(value, bare),))
    return Passage(label, text=_text(value, bare, info))


def _part(plain: dict, annotation) -> Part:
    tagged = tagged_models(annotation)
    model = unwrap(annotation)
    kind = ""
    if tagged:
        tag = next(plain[name] for name in ("model", "type") if name in plain)
        model = tagged[tag]
        kind = capfirst(_(model_caption(model)))
    names = re.findall(r"\{(\w+)\}", summary_of(model))
    shown = {
        name: _text(plain[name], model.model_fields[name].annotation, model.model_fields[name])
        for name in names
        if plain.get(name) not in (None, "", [], ()) and name in model.model_fields
    }
    title = " ".join(shown.values()) if len(shown) > 1 else next(iter(shown.values()), "")
    return Part(title, kind, passages_of(model, plain, leave_out=tuple(shown)))


def _text(value, annotation, info) -> str:
    bare = unwrap(without_none(annotation)[0])
    if typing.get_origin(bare) is tuple:
        item = typing.get_args(bare)[0]
        return ", ".join(_text(each, item, info) for each in value)
    if typing.get_origin(bare) is typing.Literal:
        return capfirst(_(choice_text(value, info)))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal):
        return formats.number(
            value.normalize(), most=max(4, -value.normalize().as_tuple().exponent)
        )
    return str(value)
