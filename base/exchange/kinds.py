"""What a file may hold: one kind for each section, registered by the app that owns the noun."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from pydantic import BaseModel

FORMAT_VERSION = 1
WHOLE = ("*",)
"""Stands for all fields of an entry."""


@dataclass(frozen=True)
class Located:
    """An entry and where it stands in its file.

    `confirmed`: whoever imports has said yes to what rules only ask about.
    """

    entry: BaseModel
    file: str
    place: str
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One section of the exchange format; `position` orders reading and the files of an export.

    `load` hands located entries to the actions and returns how many were new; it raises
    `EntryError` or `EntryErrors` for what is refused. Without `load` the section holds results:
    they are exported to be compared, and never imported. `dump` yields what is stored, in a
    fixed order. `tabular` kinds may stand in CSV and XLSX files and are exported as CSV.
    `known_by` names the fields that together may occur once only among the files of an import;
    empty where several entries may add to one thing. `content` is the schema of what editions of
    this kind hold. `protected` names the fields whose values not everybody may read who sees the
    rest (decision 10), or `WHOLE` where an entry is of no use without them: an export holds them
    only when it is asked to.
    """

    section: str
    position: int
    entry: type[BaseModel]
    dump: Callable[[], Iterable[BaseModel]]
    load: Callable[[Sequence[Located]], int] | None = None
    tabular: bool = False
    known_by: tuple[str, ...] = ()
    content: type[BaseModel] | None = None
    protected: tuple[str, ...] = ()

    def dump_open(self) -> Iterable[BaseModel]:
        """Yield what is stored, without what is protected."""
        if self.protected == WHOLE:
            return
        fields = self.entry.model_fields
        blank = {name: fields[name].get_default() for name in self.protected}
        for entry in self.dump():
            yield entry.model_copy(update=blank) if blank else entry


class EntryError(Exception):
    """An action refused this entry."""

    def __init__(self, located: Located, cause: Exception):
        self.located, self.cause = located, cause
        super().__init__(str(cause))


@contextmanager
def in_place(located: Located) -> Iterator[None]:
    """Let what is refused inside name a part of an entry, such as the second of its rows."""
    try:
        yield
    except ValidationError as error:
        raise EntryError(located, error) from error


class EntryErrors(Exception):
    """Actions refused these entries."""

    def __init__(self, errors: list[EntryError]):
        self.errors = errors
        super().__init__("\n".join(map(str, errors)))


@dataclass
class Refusals:
    """Collects what is refused, so that one import names every wrong entry of a section."""

    errors: list[EntryError] = field(default_factory=list)

    @contextmanager
    def noted(self, located: Located) -> Iterator[None]:
        """Note an entry that is refused inside, and go on."""
        try:
            yield
        except EntryError as error:
            self.errors.append(error)
        except ValidationError as error:
            self.errors.append(EntryError(located, error))

    @contextmanager
    def undone(self, located: Located) -> Iterator[None]:
        """Note an entry that is refused inside, undo what it wrote, and go on."""
        with self.noted(located):
            try:
                with transaction.atomic():
                    yield
            except DatabaseError as error:
                # What no rule of ours foresaw still gets its place.
                raise EntryError(located, ValidationError(str(error).splitlines()[0])) from error

    def raise_any(self) -> None:
        """Raise EntryErrors if anything was refused."""
        if self.errors:
            raise EntryErrors(self.errors)


def load_each(entries: Sequence[Located], load: Callable[[Located], int]) -> int:
    """Load entries one by one; return how many were new. Raises EntryErrors for all refused."""
    made, refusals = 0, Refusals()
    for located in entries:
        with refusals.undone(located):
            made += load(located)
    refusals.raise_any()
    return made


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a section. Usually called in the `exchange` module of the app that owns the noun."""
    _kinds[kind.section] = kind
    return kind


def kinds() -> list[Kind]:
    """Return the sections that are imported and exported, in reading order."""
    return _in_order(kind for kind in _kinds.values() if kind.load)


def result_kinds() -> list[Kind]:
    """Return the sections that are only exported: what jobs made of the facts."""
    return _in_order(kind for kind in _kinds.values() if not kind.load)


def _in_order(found: Iterable[Kind]) -> list[Kind]:
    return sorted(found, key=lambda kind: kind.position)
