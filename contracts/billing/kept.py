"""The form in which lines keep their inputs, for ever.

Models work on rows by position. Kept, they name their fields, and the whole its version, so that
whoever has nothing but the database can read them. What was kept in an earlier form stays as it
is, and is read as ever:

    version 1    no version; rows by position
    version 2    "version": 2; rows as {"fields": [...], "rows": [...]}

A change to what a model reads is a new version: `positional` then also turns those before into
what is read now, and a file joins those in `tests/contracts/billing/kept/`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

VERSION = 2

FIELDS: Mapping[str, Sequence[str]] = {
    "work": ("kind", "day", "minutes", "times", "counsellors", "participants"),
    "costs": ("kind", "amount", "times"),
    "base": ("of", "sign", "amount"),
    "parts": ("numerator", "denominator"),
}
"""What stands in a row, by the input that consists of such rows.

The parts of a year; those of a month are inputs of their own.
"""


def named(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a line as they are kept."""
    return {"version": VERSION, **_named(inputs)}


def positional(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept inputs of any version as models read them.

    Raises ValueError for a version that came later.
    """
    if (version := kept.get("version", 1)) > VERSION:
        raise ValueError(f"Inputs of version {version}; allowed: up to {VERSION}.")
    return {key: _positional(value) for key, value in kept.items() if key != "version"}


def _named(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _named_value(key, value) for key, value in inputs.items()}


def _named_value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _named(value)
    if not isinstance(value, list) or key not in FIELDS:
        return value
    if value and isinstance(value[0], Mapping):
        return [_named(part) for part in value]
    return {"fields": list(FIELDS[key]), "rows": value}


def _positional(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "fields" in value:
            return value["rows"]
        return {key: _positional(part) for key, part in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [_positional(part) for part in value]
    return value
