"""Two states of some content, compared by meaning: what was added, what is gone, what differs.

    compare(old, new, readings) -> changes

Parts are told apart by their stable keys, never by their place, and read in the words of the
content model: its titles, labels and summaries. An app says in `Reading`s only what these cannot:
that a quantity reads "7 hours", that clauses are known by their number. Content that differs
always has a change; equal content has none. Pure: reads two values, asks no database.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel

from base.blocks import shown
from base.legible import legible
from base.shape import Field, shape_of

ChangeKind = Literal["added", "removed", "changed"]
WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True)
class Change:
    """One difference that matters to a reader.

    `place` is the path of stable keys, in no language: "modules.m2.quantities.hour". `section` is
    a part of the content ("Modules"), `subject` which of it ("2 Counselling", or empty), `what`
    the property. `old` and `new` are texts in the reader's language, empty where there is none.
    """

    kind: ChangeKind
    place: str
    section: str
    subject: str
    what: str
    old: str
    new: str

    @property
    def old_words(self) -> list[tuple[bool, str]]:
        """The old text in pieces, each with whether it is gone."""
        return _pieces(self.old, self.new)

    @property
    def new_words(self) -> list[tuple[bool, str]]:
        """The new text in pieces, each with whether it was not there before."""
        return _pieces(self.new, self.old)


Reader = Callable[[Any, BaseModel], str]
"""Makes a text of a value and the whole content it stands in."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the instances of a content model are told apart and read.

    `identity` names the fields that make one the same as before. With `text` an instance reads as
    one value and is compared as such. `name` says which one it is (default: its summary),
    `digest` what is worth knowing of one that came or went. `fields` reads single fields, `parts`
    compares single fields in a way of its own.
    """

    identity: tuple[str, ...] = ("key",)
    text: Reader | None = None
    name: Reader | None = None
    digest: Reader | None = None
    fields: Mapping[str, Reader] = dataclasses.field(default_factory=dict)
    parts: Mapping[str, "Comparer"] = dataclasses.field(default_factory=dict)


Readings = Mapping[type[BaseModel], Reading]
Comparer = Callable[["Comparison", Any, Any, "At"], Iterable[Change]]
"""Compares one field's values in two contents, and says where it stands."""


@dataclass(frozen=True)
class At:
    """Where a comparison stands: the beginning of its changes."""

    place: str
    section: str
    subject: str = ""
    what: str = ""

    def inside(self, key: str, **values: str) -> "At":
        """Return a place further down, with what it is called there."""
        return replace(self, place=f"{self.place}.{key}".strip("."), **values)

    def change(self, old: str, new: str, *, kind: ChangeKind = "changed") -> Change:
        """Return a change at this place."""
        return Change(kind, self.place, self.section, self.subject, self.what, old, new)


def compare(old: BaseModel, new: BaseModel, readings: Readings) -> list[Change]:
    """Return what differs between two contents of one model, in the order of the model."""
    return list(Comparison(old, new, readings))


class Wording:
    """How a kind of content reads, as `Reading`s and the content model say."""

    def __init__(self, readings: Readings):
        self.readings = readings

    def reading_of(self, model: type) -> Reading:
        """Return how a model reads: its own reading, one of a base of it, or the default."""
        found = (self.readings[base] for base in model.__mro__ if base in self.readings)
        return next(found, Reading())

    def name(self, part: BaseModel, whole: BaseModel) -> str:
        """Return what tells a part from others of its kind."""
        reading = self.reading_of(type(part))
        if reading.name:
            return reading.name(part, whole)
        shape = shape_of(type(part))
        values = {
            name: self.value(field, part, whole)
            for name, field in shape.fields.items()
            if f"{{{name}}}" in shape.summary
        }
        return shape.summary.format(**values).strip() or shown(shape.caption)

    def digest(self, part: BaseModel, whole: BaseModel) -> str:
        """Return a part in one line: what is worth knowing, or at least its name."""
        reading = self.reading_of(type(part))
        read = reading.text or reading.digest
        return (read(part, whole) if read else "") or self.name(part, whole)

    def value(self, field: Field, part: BaseModel, whole: BaseModel) -> str:
        """Return the value of a part's field as people read it."""
        value = getattr(part, field.name)
        if own := self.reading_of(type(part)).fields.get(field.name):
            return own(value, whole)
        if isinstance(value, tuple):
            return ", ".join(_labelled(each, field) for each in value)
        if isinstance(value, BaseModel):
            return self.digest(value, whole)
        return _labelled(value, field)


class Comparison(Wording):
    """A comparison under way: both contents and how they read."""

    def __init__(self, old: BaseModel, new: BaseModel, readings: Readings):
        super().__init__(readings)
        self.old, self.new = old, new

    def __iter__(self) -> Iterator[Change]:
        for field in shape_of(type(self.new)).fields.values():
            title = shown(field.caption)
            # A list or a part is a chapter of the content, the rest are properties of it.
            section = title if field.many or field.parts else _("General")
            yield from self._field(field, self.old, self.new, At("", section, what=title))

    def _field(self, field: Field, old, new, at: At) -> Iterable[Change]:
        """Compare one field of two parts of the same model."""
        name = field.name
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            return []
        if own := self.reading_of(type(new)).parts.get(name):
            return own(self, before, after, at.inside(name))
        at = at.inside(name)
        if name not in self.reading_of(type(new)).fields:
            if field.paragraphs:
                return _paragraphs(before, after, at)
            if field.parts:
                compare_them = self._parts if field.many else self._part
                return compare_them(before, after, at)
        return [at.change(self.value(field, old, self.old), self.value(field, new, self.new))]

    def _part(self, before, after, at: At) -> Iterable[Change]:
        """Compare what stands alone; it may be missing on one side."""
        old, new = self._read(before, self.old), self._read(after, self.new)
        if before is None:
            return [at.change("", new, kind="added")]
        if after is None:
            return [at.change(old, "", kind="removed")]
        if type(before) is not type(after) or self.reading_of(type(after)).text:
            return [at.change(old, new)]
        return self._inside(before, after, at, at if at.subject else replace(at, what=""))

    def _read(self, part, whole) -> str:
        return "" if part is None else self.digest(part, whole)

    def _inside(self, before, after, at: At, named: At) -> Iterator[Change]:
        """Compare the fields of two parts that are the same one."""
        for field in shape_of(type(after)).fields.values():
            what = ": ".join(filter(None, (named.what, shown(field.caption))))
            yield from self._field(field, before, after, replace(at, what=what))

    def _parts(self, before: Sequence, after: Sequence, at: At) -> Iterator[Change]:
        """Compare lists whose parts are told apart by their identity."""
        old, new = self._identified(before), self._identified(after)
        for key, part in new.items():
            if key not in old or type(old[key]) is not type(part):
                if key in old:
                    yield self._gone(key, old[key], at)
                yield self._came(key, part, at)
            elif old[key] != part:
                yield from self._same(key, old[key], part, at)
        for key, part in old.items():
            if key not in new:
                yield self._gone(key, part, at)
        yield from self._order(old, new, at)

    def _same(self, key: str, before, after, at: At) -> Iterable[Change]:
        if text := self.reading_of(type(after)).text:
            return [at.inside(key).change(text(before, self.old), text(after, self.new))]
        inner = self._named(key, after, self.new, at)
        named = inner if at.subject else replace(inner, what="")
        return self._inside(before, after, inner, named)

    def _came(self, key: str, part, at: At) -> Change:
        return self._whole(key, part, self.new, at).change(
            "", self.digest(part, self.new), kind="added"
        )

    def _gone(self, key: str, part, at: At) -> Change:
        return self._whole(key, part, self.old, at).change(
            self.digest(part, self.old), "", kind="removed"
        )

    def _whole(self, key: str, part, whole, at: At) -> At:
        if at.subject or self.reading_of(type(part)).text:
            return at.inside(key)
        what = shown(shape_of(type(part)).caption)
        return replace(self._named(key, part, whole, at), what=what)

    def _named(self, key: str, part, whole, at: At) -> At:
        """Say which part it is: as the subject, or before the property where there is one."""
        name = self.name(part, whole)
        if not at.subject:
            return at.inside(key, subject=name)
        return at.inside(key, what=f"{at.what} {name}")

    def _identified(self, parts: Sequence) -> dict[str, BaseModel]:
        """Return parts by their identity; where several share one, they are counted."""
        found, seen = {}, Counter()
        for part in parts:
            names = self.reading_of(type(part)).identity
            values = [getattr(part, name, None) for name in names]
            key = "-".join(str(value) for value in values if value is not None)
            seen[key] += 1
            found[key if seen[key] == 1 else f"{key}~{seen[key]}"] = part
        return found

    def _order(self, old: dict, new: dict, at: At) -> Iterator[Change]:
        """Say that parts found on both sides stand in another order."""
        before = [key for key in old if key in new]
        after = [key for key in new if key in old]
        if before != after:
            texts = (
                ", ".join(self.name(old[key], self.old) for key in before),
                ", ".join(self.name(new[key], self.new) for key in after),
            )
            what = ": ".join(filter(None, (at.what if at.subject else "", _("Order"))))
            yield replace(at, what=what).change(*texts)


def _labelled(value, field: Field) -> str:
    return _(field.choice_text(value)) if field.choices and value is not None else legible(value)


def label_of(part: BaseModel, name: str) -> str:
    """Return what the value of one of a part's choices is called."""
    return _labelled(getattr(part, name), shape_of(type(part)).fields[name])


def _paragraphs(before: Sequence[str], after: Sequence[str], at: At) -> Iterator[Change]:
    """Compare texts paragraph by paragraph: inserted, deleted, reworded."""
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for operation, first, last, begin, end in matcher.get_opcodes():
        if operation == "equal":
            continue
        old, new = before[first:last], after[begin:end]
        for place, text in enumerate(new):
            inner = at.inside(str(begin + place + 1))
            if place < len(old):
                yield inner.change(old[place], text)
            else:
                yield inner.change("", text, kind="added")
        for place, text in enumerate(old[len(new) :], first + len(new)):
            yield at.inside(str(place + 1)).change(text, "", kind="removed")


def _pieces(text: str, other: str) -> list[tuple[bool, str]]:
    """Return a text in pieces, each with whether the other text lacks it."""
    words, others = WORD.findall(text), WORD.findall(other)
    if not others:
        return [(False, text)] if text else []
    matcher = SequenceMatcher(
        a=[word.strip() for word in words], b=[word.strip() for word in others], autojunk=False
    )
    found = []
    for operation, first, last, _begin, _end in matcher.get_opcodes():
        piece = "".join(words[first:last])
        text = piece.rstrip() if operation != "equal" else piece
        found += [(operation != "equal", text), (False, piece[len(text) :])]
    return [(marked, text) for marked, text in found if text]
