"""What editable content is made of: frozen pydantic models, read alike from a file and a form.

A content model is the one schema of a catalogue, a description or a contract. The exchange format
reads it, the studio's blocks are derived from it (`base.blocks`), an edition stores it.

Labels are written as plain English text, marked with `_` for the translation catalogue and
translated where they are shown: pure modules must not need Django to describe themselves.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", max_length=60)]
"""A stable name: lower case letters, digits, and single - _ . between them."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
"""One line of text."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), Field(max_length=8000)]
"""One paragraph of text."""


class Content(BaseModel):
    """Base of all content: immutable, and nothing unknown passes unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _(text: str) -> str:
    """Mark a label for translation without needing Django."""
    return text


def duplicates(values) -> list:
    """Return the values that occur more than once, each once, in order of appearance."""
    seen, twice = set(), []
    for value in values:
        if value in seen and value not in twice:
            twice.append(value)
        seen.add(value)
    return twice


def require_unique(keys, what: str) -> None:
    """Raise ValueError when a key stands twice."""
    if twice := duplicates(keys):
        raise ValueError(f"{what}: {', '.join(map(str, twice))} stands more than once")


def require_known(keys, known, what: str) -> None:
    """Raise ValueError naming each key that is not among the known ones, and what is allowed."""
    known = list(known)
    if unknown := [key for key in keys if key not in known]:
        allowed = ", ".join(map(str, known)) or "none"
        raise ValueError(f"{what} {', '.join(map(str, unknown))} is unknown; allowed: {allowed}")
