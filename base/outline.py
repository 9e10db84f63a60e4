"""A part of some content as a list to read: what it says, field by field, and nothing else.

What is empty, switched off or only a key is left out. A new kind of part needs nothing here: it is
read as its content model describes it, in the words `base.comparison` compares it in.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import BaseModel

from base.blocks import shown
from base.comparison import Readings, Wording
from base.shape import shape_of

ONLY_KEYS = frozenset({"key"})


@dataclass(frozen=True)
class Row:
    """One property: a text, or several."""

    label: str
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The one text there is; empty where there are several."""
        return self.texts[0] if len(self.texts) == 1 else ""


def outline(
    part: BaseModel, whole: BaseModel, readings: Readings, *, without: Collection[str] = ()
) -> list[Row]:
    """Return what a part of some content says, in the order of its model, but for some fields."""
    wording = Wording(readings)
    rows = []
    for name, field in shape_of(type(part)).fields.items():
        value = getattr(part, name)
        if name in ONLY_KEYS or name in without or value in (None, "", (), False):
            continue
        if field.many and field.parts:
            texts = tuple(wording.digest(each, whole) for each in value)
        else:
            texts = (wording.value(field, part, whole),)
        rows.append(Row(shown(field.caption), texts))
    return rows
