"""What editable content is made of: frozen pydantic models, read alike from a file and a form.

A content model is the one schema of a catalogue, a description or a contract. The exchange format
reads it, the studio's blocks are derived from it (`base.blocks`), an edition stores it.

Labels and refusals are written as plain English text, marked with `_` for the translation
catalogue and translated where they are shown: pure modules must not need Django to describe
themselves.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Signs that no text has: controls but tab and line ends, and half characters. No page shows
them, and neither databases nor documents hold them all."""
BREAK = re.compile(r"\s*[\n\t]\s*")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c]")


def _(text: str) -> str:
    """Mark a text for translation without needing Django."""
    return text


def cleaned(text: str) -> str:
    """Return what was typed or pasted as it can be kept, shown and printed.

    One kind of line break, and none of the signs that no text has.
    """
    return UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))


class Refusal(ValueError):
    """A value that cannot stand, said by a marked template and the values for its places.

    As text it is English; whoever shows it translates the template first (`base.exchange`).
    """

    def __init__(self, template: str, **values: object):
        self.template, self.values = template, values
        super().__init__(template % values)


FROZEN = {"frozen": True}
"""The context in which what applies is read (`read_frozen`): a newer rule refuses nothing of it."""


def read_frozen(model: type[BaseModel], plain: dict) -> BaseModel:
    """Return what an edition or a signed text stores, or a part of it, as its content model."""
    return model.model_validate(plain, context=FROZEN)


def is_frozen(info: ValidationInfo) -> bool:
    """Whether a validator reads an edition, not a draft or a file."""
    return info.context == FROZEN


def _legible(text: str) -> str:
    """Return the text with one kind of line break: forms send another than files hold.

    Raises Refusal for signs that no text has.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := UNPRINTABLE.search(text):
        code = f"{ord(found.group()):04X}"
        raise Refusal(_("control character U+%(code)s is not allowed"), code=code)
    return text


def _unbroken(text: str) -> str:
    """Return the text on one line: wherever a line breaks, a space stands."""
    return BREAK.sub(" ", _legible(text))


Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", max_length=60)]
"""A stable name: lower case letters, digits, and single - _ . between them."""

Words = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_legible)]
"""Text that may be empty and have several lines; fields say how long."""

LONGEST_LINE = 300
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINE),
    AfterValidator(_unbroken),
]
"""One line of text."""

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=8000),
    AfterValidator(_unbroken),
]
"""One paragraph of text, without line breaks: a form shows several as lines of one field."""


@dataclass(frozen=True)
class RefersTo:
    """Annotated to a key that names a part of the same content: RefersTo("modules").

    `parts` is the list of the whole content that holds the parts, `by` the field that names one.
    `within` are lists of such a part whose items can be named too: as "item" within the same
    part, as "part.item" from elsewhere; only what stands before counts then.
    A form offers the parts there are; whether the one named exists is the content's to check.
    """

    parts: str
    by: str = "key"
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedIn:
    """Annotated to a key that names something outside the content: NamedIn("organisations").

    Whoever keeps that register tells forms what it holds (`base.blocks.offer`).
    """

    register: str


@dataclass(frozen=True)
class Kept:
    """Annotated to the number of a file that is kept beside the content: Kept("image").

    `kind` is "image" or "document". A form lets one choose the file, or hand one in.
    """

    kind: str


@dataclass(frozen=True)
class Euros:
    """Annotated to a number of euros, which is read as money: 62,40 €."""


class Content(BaseModel):
    """Base of all content: immutable, and nothing unknown passes unnoticed.

    `model_config["title"]` names the model to people, `json_schema_extra["summary"]` the fields
    that tell one from another in a list ("{code} {title}").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def labels(**texts: str) -> dict:
    """Return what a Field of a Literal needs to show each of its values by a text of its own."""
    return {"json_schema_extra": {"labels": texts}}


ASIDE = {"json_schema_extra": {"aside": True}}
"""What a Field needs that is seldom filled in: a form keeps it folded away."""


PRINTED = {"json_schema_extra": {"printed": True}}
"""What a Field needs that nothing reads but print and comparison: forms say so (decision 24)."""
PRINTED_ASIDE = {"json_schema_extra": {"printed": True, "aside": True}}


def aside_where(**others: str) -> dict:
    """Return what a Field needs that is set aside, and counts only where others say this."""
    return {"json_schema_extra": {"aside": True, "where": others}}


def summary(template: str, *, title: str = "") -> ConfigDict:
    """Return the configuration of a content model whose instances are told apart by `template`."""
    named = ConfigDict(json_schema_extra={"summary": template})
    return ConfigDict(title=title, **named) if title else named


def duplicates(values) -> list:
    """Return the values that occur more than once, each once, in order of appearance."""
    seen, twice = set(), []
    for value in values:
        if value in seen and value not in twice:
            twice.append(value)
        seen.add(value)
    return twice


def require_unique(keys, place: str) -> None:
    """Raise Refusal when a key stands twice; `place` is a path as files spell it: modules.items."""
    if twice := duplicates(keys):
        template = _("%(place)s: %(values)s stands more than once")
        raise Refusal(template, place=place, values=listed(twice))


def require_known(keys, known, place: str) -> None:
    """Raise Refusal naming each key that is not among the known ones, and what is allowed."""
    known = list(known)
    if unknown := [key for key in keys if key not in known]:
        template = _("%(place)s: %(values)s is unknown; allowed: %(allowed)s")
        raise Refusal(template, place=place, values=listed(unknown), allowed=listed(known))


def listed(values) -> str:
    """Return values as one text, in any language: a dash where there is none."""
    return ", ".join(map(str, values)) or "–"
