"""How changes are told: what each app says of its models in its `trail.py`.

A model nobody speaks for is told as its columns are called, to those with the permission to view
it: `<app>.view_<model>`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from django.db.models import ForeignKey, Model, Q, QuerySet
from django.utils.module_loading import autodiscover_modules
from pydantic import BaseModel

from base.comparison import Change
from base.editions import Draft
from base.history import tracked_models
from base.retention import KeptWith
from base.trail.names import light
from base.workspace.registry import Text

Rule = str | Callable[[Any, Model], bool]
"""Who may read a value: a permission, or what tells it of the reader and the history row."""

Titles = Callable[[Model, str], str | None]

ALL_VALUES = "*"
TECHNICAL = frozenset({"version", "seal", "inputs_hash", "reason"})
"""Columns not told as changes; `reason` is told as the reason of the whole entry."""


@dataclass(frozen=True)
class Section:
    """A table of what was known of an object, or a note where nothing is."""

    title: Text
    headings: Sequence[Text] = ()
    rows: Sequence[Sequence[str]] = ()
    note: Text = ""

    @property
    def labelled(self) -> list[list[tuple[Text, str]]]:
        """The rows, each value with its heading."""
        return [list(zip(self.headings, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, kw_only=True)
class Told:
    """How the history of a tracked model is told.

    `permission` is needed to see that anything happened at all. `title` says which row it was,
    with columns in braces: "{reference} · {case}"; without it, the row's key does. `values` names
    the rule of a column whose values not everybody may read who sees the entry ("*": of all).
    `silent` names columns that are not told. `reason` is the permission needed to read why,
    where people type what is not for everybody who sees the entry; without it, where a rule
    covers all values, that rule: whoever says why a name was corrected writes the name.
    `read` makes texts of values;
    `titles` is given all history rows that are told at once, and returns what calls the keys of
    content in a column by the titles of the edition they refer to `(history row, column)`, None
    for other columns.
    `belongs` finds the rows that are part of another object; by itself a row belongs to what it is
    kept with. `search` names columns the text filter looks into, of tables with few rows; others
    need a finder. `chosen` names keys to a short table of words, with the column that holds the
    words: the text filter finds what was chosen by them. `rows` narrows the history rows further
    than their scope does `(rows, user)`.
    `joined` names the keys that rules and titles follow, so that a page of rows costs one query.
    `line_of` names the key to what a row is one line of, `line` the column that names the line:
    the lines of one act are told as one entry about their owner, which `title` then names.
    `known` adds what else was known of a row at a time `(history row, moment, user)`.
    """

    model: type[Model]
    permission: str = ""
    title: str | Callable[[Model, Callable[[str], str]], str] = ""
    values: Mapping[str, Rule] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    reason: str = ""
    read: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    titles: Callable[[Sequence[Model]], Titles] | None = None
    belongs: Mapping[type[Model], Callable[[Model], Q]] = field(default_factory=dict)
    search: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    rows: Callable[[QuerySet, Any], QuerySet] | None = None
    joined: tuple[str, ...] = ()
    line_of: str = ""
    line: str = ""
    known: Callable[..., Iterable[Section]] | None = None

    @property
    def needed(self) -> str:
        """The permission needed to see entries about the model."""
        meta = self.model._meta
        return self.permission or f"{meta.app_label}.view_{meta.model_name}"

    def visible(self, user) -> QuerySet:
        """Return the history rows the person may be told."""
        rows = self.model.history.visible_to(user, self.needed)
        return self.rows(rows, user) if self.rows else rows

    def part_of(self, target: Model) -> Q | None:
        """Return which history rows are part of an object's history; None where none can be."""
        for owner, condition in self.belongs.items():
            if isinstance(target, owner):
                return condition(target)
        kept = self.model.retention
        if isinstance(kept, KeptWith):
            key = self.model._meta.get_field(kept.parent)
            if isinstance(key, ForeignKey) and isinstance(target, key.related_model):
                return Q(**{key.attname: target.pk})
        return None

    def rule(self, column: str) -> Rule:
        """Return who may read what a column said; empty for whoever sees the entry."""
        return self.values.get(column, self.values.get(ALL_VALUES, ""))

    @property
    def why(self) -> str:
        """The permission needed to read why; empty for whoever sees the entry."""
        of_all = self.values.get(ALL_VALUES, "")
        return self.reason or ("" if callable(of_all) else of_all)

    def may_read_reason(self, user, row: Model) -> bool:
        """Return whether the reader may see the reason of an entry."""
        return not self.why or user.has_perm(self.why, row)

    def may_read(self, user, row: Model, column: str) -> bool:
        """Return whether the reader may see what a column said."""
        rule = self.rule(column)
        if callable(rule):
            return rule(user, row)
        return not rule or user.has_perm(rule, row)


@dataclass(frozen=True, kw_only=True)
class ToldContent:
    """How content with editions is told: who may see them, and how two of them compare.

    `page` is the name of the address of an edition's page, if it has one.
    """

    draft: type[Draft]
    permission: str
    compare: Callable[[BaseModel, BaseModel], list[Change]]
    page: str = ""


Finder = Callable[[Any, str], Iterable[Model]]
"""Finds the objects that a text names, as people write it, among those the person may see."""

MOST_FOUND = 50  # objects of one finder: whoever means more has to say which

_told: dict[type[Model], Told] = {}
_contents: dict[type[Draft], ToldContent] = {}
_sources: list[Callable[[], Iterable]] = []
_finders: list[Finder] = []


def register(*items: Told | ToldContent) -> None:
    """Say how models are told; the last word on a model counts."""
    for item in items:
        if isinstance(item, Told):
            _told[item.model] = item
        else:
            _contents[item.draft] = item


def register_sources(make: Callable[[], Iterable]) -> None:
    """Add sources of an app's own; called once, when the trail is first read."""
    _sources.append(make)


def register_finder(find: Finder) -> Finder:
    """Let the trail find what a text names. Usable as a decorator.

    A finder is asked while somebody waits: it looks keys up in an index, or reads a table with
    few rows.
    """
    _finders.append(find)
    return find


@cache
def _discover() -> None:
    autodiscover_modules("trail")


def told(model: type[Model]) -> Told:
    """Return how a model is told."""
    _discover()
    return _told.get(model) or Told(model=model)


def all_told() -> list[Told]:
    """Return how each tracked model is told, in a fixed order."""
    return [told(model) for model in tracked_models()]


def content_told(draft: type[Draft]) -> ToldContent:
    """Return how a kind of content is told. Raises LookupError for content of which nothing is."""
    _discover()
    return _contents[draft]


def contents() -> list[ToldContent]:
    """Return how each kind of content is told."""
    _discover()
    return list(_contents.values())


def further_sources() -> list:
    """Return the sources that apps have added."""
    _discover()
    return [source for make in _sources for source in make()]


def find(user, text: str) -> tuple[Model, ...]:
    """Return what a text names among what the person may see, of each kind MOST_FOUND at most."""
    _discover()
    text = text.strip()
    found = (finder(user, text) for finder in _finders if text)
    return tuple(each for objects in found for each in islice(objects, MOST_FOUND))


def closest(rows: QuerySet, column: str, text: str) -> QuerySet:
    """Return the rows whose column is the text, else those that contain it, whatever the case.

    For tables that can be read while somebody waits; at most MOST_FOUND, in the column's order.
    """
    rows = light(rows.model, rows)
    exact = rows.filter(**{f"{column}__iexact": text})
    found = exact if exact.exists() else rows.filter(**{f"{column}__icontains": text})
    return found.order_by(column)[:MOST_FOUND]


def spellings(text: str) -> set[str]:
    """Return a reference as it may be stored: for columns that are looked up by an index."""
    return {text, text.upper(), text.lower()}
