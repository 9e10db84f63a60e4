"""Where entries of the trail come from: each source narrows, orders and tells rows of one table.

A source is asked twice: for the newest keys after a place, which costs a few indexed queries
whatever the size of the table; then to tell those of them that made it onto the page.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from urllib.parse import parse_qsl

from django.contrib.auth import get_user_model
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base.legible import legible
from base.models.event import Event
from base.trail.entries import Cursor, TrailEntry
from base.trail.names import NOT_YOURS, Names
from base.trail.registry import all_told
from base.workspace.file_openings import WHY, Why
from base.workspace.registry import Text

ACCESS = "access"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to read. Empty filters leave everything; `first` and `last` are moments.

    `about` narrows to the histories of objects, with what belongs to them. `text` is looked for
    in reasons and titles; `named` are the objects and people that the text names (see
    `registry.find`): their histories, and what they did, contain the text too.
    """

    user: object
    things: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    person: int | None = None
    about: tuple[Model, ...] | None = None
    text: str = ""
    named: tuple[Model, ...] = ()
    first: datetime | None = None
    last: datetime | None = None

    @property
    def named_people(self) -> list[int]:
        """The keys of the people among what the text names."""
        return [each.pk for each in self.named if isinstance(each, get_user_model())]


class Source(ABC):
    """One table that records. Subclasses set the columns, and say which rows and in which words.

    `key` is stable: it stands in addresses of pages. `thing` groups sources in the filter.
    """

    key: str
    thing: str
    label: Text
    kinds: frozenset[str]
    at = "at"
    pk = "pk"
    by = "actor_number"

    @abstractmethod
    def allowed(self, user) -> bool:
        """Return whether the person may see any entries of this source."""

    @abstractmethod
    def rows(self, wanted: Wanted) -> QuerySet | None:
        """Return visible rows, narrowed to kinds and objects; None where none can be."""

    @abstractmethod
    def said(self, rows: QuerySet, wanted: Wanted) -> list[Q]:
        """Return the conditions of which one is enough for a row to contain the text.

        Each is asked on its own, so that each can use an index of its own. `rows` are already
        narrowed to everything else that is wanted.
        """

    @abstractmethod
    def load(self, keys: Sequence[int], names: Names) -> Iterable[tuple[int, object]]:
        """Return key and row of each of these, and note whose names will be needed."""

    @abstractmethod
    def entry(self, row, names: Names) -> TrailEntry:
        """Tell one of the loaded rows."""

    def fits(self, wanted: Wanted) -> bool:
        """Return whether the source can hold anything of what is wanted."""
        return bool(
            (not wanted.things or self.thing in wanted.things)
            and (not wanted.kinds or wanted.kinds & self.kinds)
            and self.allowed(wanted.user)
        )

    def newest(
        self, wanted: Wanted, before: Cursor | None, most: int
    ) -> list[tuple[datetime, str, int]]:
        """Return the newest rows of this source after a place, at most so many."""
        rows = self.rows(wanted)
        if rows is None:
            return []
        if wanted.person is not None:
            rows = rows.filter(self.done_by([wanted.person]))
        if wanted.first:
            rows = rows.filter(**{f"{self.at}__gte": wanted.first})
        if wanted.last:
            rows = rows.filter(**{f"{self.at}__lt": wanted.last})
        if before:
            rows = self._after(rows, before)
        found: set[tuple[datetime, int]] = set()
        for condition in self._conditions(rows, wanted):
            newest = rows.filter(condition).order_by(f"-{self.at}", f"-{self.pk}")
            found.update(newest.values_list(self.at, self.pk)[:most])
        return [(at, self.key, pk) for at, pk in sorted(found, reverse=True)[:most]]

    def _conditions(self, rows: QuerySet, wanted: Wanted) -> list[Q]:
        if not wanted.text:
            return [Q()]
        people = wanted.named_people
        return [*self.said(rows, wanted), *([self.done_by(people)] if people else [])]

    def done_by(self, people: Sequence[int]) -> Q:
        """Return the condition for what people did."""
        return Q(**{f"{self.by}__in": people})

    def _after(self, rows: QuerySet, place: Cursor) -> QuerySet:
        """Leave rows older than the place; at the same moment, sources come in order of keys."""
        if place.source == self.key:
            own = Tuple(F(self.at), F(self.pk))
            return rows.filter(TupleLessThan(own, (place.at, place.pk)))
        older = "lte" if place.source < self.key else "lt"
        return rows.filter(**{f"{self.at}__{older}": place.at})


def contains(columns: Iterable[str], text: str) -> Q:
    """Return the condition that one of these columns contains the text."""
    return reduce(or_, (Q(**{f"{column}__icontains": text}) for column in columns))


class EventSource(Source):
    """Signing in and out, exports, downloads, checks."""

    key = "base.event"
    thing = ACCESS
    label = _("access and output")
    kinds = frozenset(Event.Kind.values)

    def allowed(self, user):
        """Everybody: `visible_to` leaves their own."""
        return True

    def rows(self, wanted):
        """Events visible to the person."""
        rows = Event.objects.visible_to(wanted.user)
        if wanted.kinds:
            rows = rows.filter(kind__in=wanted.kinds)
        if wanted.about is not None:
            rows = rows.filter(_about(wanted.about))
        return rows

    def said(self, rows, wanted):
        """In titles the reader may see, or by being about what the text names."""
        titled = ~Q(title="") & ~Q(object_label__in=_not_told(wanted.user))
        return [titled & contains(["title"], wanted.text), _about(wanted.named)]

    def done_by(self, people):
        """What people did, and what was tried in their names."""
        return super().done_by(people) | Q(object_label=_users(), object_number__in=people)

    def load(self, keys, names):
        """The events, each with whether the reader may know what it was about."""
        not_told = _not_told(names.user)
        for row in Event.objects.filter(pk__in=keys):
            names.want_user(row.actor_number)
            if row.object_label == _users():
                names.want_user(row.object_number)
            yield row.pk, (row, row.object_label not in not_told)

    def entry(self, row, names):
        """Tell what was done, with its details."""
        event, known = row
        person = names.user_name(event.object_number) if event.object_label == _users() else ""
        named = event.object_number and known and not person
        return TrailEntry(
            at=event.at,
            source=self.key,
            pk=event.pk,
            kind=event.kind,
            thing=self.label,
            title=person or (event.title if known else NOT_YOURS),
            actor=_("a program")
            if event.kind == Event.Kind.API
            else names.user_name(event.actor_number),
            reason=event.detail.get("reason", ""),
            note=_details(event.detail),
            about=(event.object_label, event.object_number) if named else None,
        )


def _users() -> str:
    return get_user_model()._meta.label_lower


def _about(targets: Sequence[Model]) -> Q:
    named = (Q(object_label=each._meta.label_lower, object_number=each.pk) for each in targets)
    return reduce(or_, named, Q(pk__in=()))


def _not_told(user) -> set[str]:
    """Return the labels of the tracked models that a person is not told of at all."""
    return {each.model._meta.label_lower for each in all_told() if not user.has_perm(each.needed)}


DETAILS: dict[str, Text] = {
    "format": _("format"),
    "rows": _("rows"),
    "filters": _("filters"),
    "sections": _("sections"),
    "protected": _("with protected values"),
    "count": _("findings"),
    WHY: _("why"),
}
"""What the details of events are called; others are not shown in lists."""


def _details(detail: dict) -> str:
    named = ((DETAILS[name], name, each) for name, each in detail.items() if name in DETAILS)
    return " · ".join(
        f"{capfirst(str(label))}: {SPELLED.get(name, legible)(each)}" for label, name, each in named
    )


def _filters(query: str) -> str:
    """Return the filters of an address as people can read them."""
    return ", ".join(f"{name} = {value}" for name, value in parse_qsl(query))


def _why(chosen: str) -> str:
    return str(Why(chosen).label)


SPELLED = {"filters": _filters, WHY: _why}
"""Details that stand in the row as keys, and how people read them."""
