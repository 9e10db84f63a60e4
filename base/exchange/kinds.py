"""What a file may hold: one kind for each section, registered by the app that owns the noun."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Located:
    """An entry and where it stands in its file."""

    entry: BaseModel
    file: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One section of the exchange format; `position` orders reading and the files of an export.

    `load` hands located entries to the actions and returns how many were new; it raises
    `EntryError` for the entry that is refused. `dump` yields what is stored, in a fixed order.
    `tabular` kinds may stand in CSV and XLSX files and are exported as CSV.
    """

    section: str
    position: int
    entry: type[BaseModel]
    load: Callable[[Sequence[Located]], int]
    dump: Callable[[], Iterable[BaseModel]]
    tabular: bool = False


class EntryError(Exception):
    """An action refused this entry."""

    def __init__(self, located: Located, cause: Exception):
        self.located, self.cause = located, cause
        super().__init__(str(cause))


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a section. Usually called in the `exchange` module of the app that owns the noun."""
    _kinds[kind.section] = kind
    return kind


def kinds() -> list[Kind]:
    """Return all sections in reading order."""
    return sorted(_kinds.values(), key=lambda kind: kind.position)
