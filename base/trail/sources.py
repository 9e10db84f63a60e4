"""Where entries of the trail come from: each source narrows, orders and tells rows of one table.

A source is asked twice: for the newest keys after a place, which costs one indexed query whatever
the size of the table; then to tell those of them that made it onto the page.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.contrib.auth import get_user_model
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from base.history import CHANGED as ALTERED
from base.history import CREATED as ADDED
from base.history import DELETED as REMOVED
from base.history import history_model
from base.models.event import Event
from base.trail.entries import CHANGED, CREATED, DELETED, Cursor, Entry, Shown
from base.trail.names import Names
from base.trail.registry import TECHNICAL, Told
from base.trail.values import label_of, plain_text, text_of
from base.workspace.registry import Text

KIND_OF = {ADDED: CREATED, ALTERED: CHANGED, REMOVED: DELETED}
ACCESS = "access"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to read. Empty filters leave everything; `first` and `last` are moments.

    `about` narrows to the histories of objects, with what belongs to them.
    """

    user: object
    things: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    person: int | None = None
    about: tuple[Model, ...] | None = None
    text: str = ""
    first: datetime | None = None
    last: datetime | None = None


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
    by: str | None = "actor_number"

    @abstractmethod
    def allowed(self, user) -> bool:
        """Return whether the person may see any entries of this source."""

    @abstractmethod
    def rows(self, wanted: Wanted) -> QuerySet | None:
        """Return visible rows, narrowed to kinds, objects and text; None where none can be."""

    @abstractmethod
    def load(self, keys: Sequence[int], names: Names) -> Iterable[tuple[int, object]]:
        """Return key and row of each of these, and note whose names will be needed."""

    @abstractmethod
    def entry(self, row, names: Names) -> Entry:
        """Tell one of the loaded rows."""

    def fits(self, wanted: Wanted) -> bool:
        """Return whether the source can hold anything of what is wanted."""
        return bool(
            (not wanted.things or self.thing in wanted.things)
            and (not wanted.kinds or wanted.kinds & self.kinds)
            and (self.by or wanted.person is None)
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
            rows = rows.filter(self.done_by(wanted.person))
        if wanted.first:
            rows = rows.filter(**{f"{self.at}__gte": wanted.first})
        if wanted.last:
            rows = rows.filter(**{f"{self.at}__lt": wanted.last})
        if before:
            rows = self._after(rows, before)
        found = rows.order_by(f"-{self.at}", f"-{self.pk}").values_list(self.at, self.pk)[:most]
        return [(at, self.key, pk) for at, pk in found]

    def done_by(self, person: int) -> Q:
        """Return the condition for what a person did."""
        return Q(**{self.by: person})

    def _after(self, rows: QuerySet, place: Cursor) -> QuerySet:
        """Leave rows older than the place; at the same moment, sources come in order of keys."""
        if place.source == self.key:
            own = Tuple(F(self.at), F(self.pk))
            return rows.filter(TupleLessThan(own, (place.at, place.pk)))
        older = "lte" if place.source < self.key else "lt"
        return rows.filter(**{f"{self.at}__{older}": place.at})


def matches(columns: Iterable[str], text: str) -> Q:
    """Return the condition that one of these columns contains the text."""
    return reduce(or_, (Q(**{f"{column}__icontains": text}) for column in columns), Q(pk__in=()))


class HistorySource(Source):
    """Changes of a tracked model."""

    at, pk, by = "history_date", "history_id", "history_user_id"
    kinds = frozenset(KIND_OF.values())

    def __init__(self, told: Told):
        self.told = told
        self.model = told.model
        self.key = self.thing = self.model._meta.label_lower
        self.label = self.model._meta.verbose_name
        self.fields = [
            field
            for field in history_model(self.model).tracked_fields
            if not field.primary_key and field.name not in TECHNICAL | told.silent
        ]

    def allowed(self, user):
        """Whoever has the permission to view such rows."""
        return user.has_perm(self.told.needed)

    def rows(self, wanted):
        """History rows by their row's scope."""
        rows = self.told.visible(wanted.user)
        if wanted.kinds:
            types = [stored for stored, kind in KIND_OF.items() if kind in wanted.kinds]
            rows = rows.filter(history_type__in=types)
        if wanted.about is not None:
            found = [part for each in wanted.about if (part := self._about(each)) is not None]
            if not found:
                return None
            rows = rows.filter(reduce(or_, found))
        if wanted.text:
            said = ~Q(history_change_reason="") & matches(["history_change_reason"], wanted.text)
            rows = rows.filter(said | matches(self.told.search, wanted.text))
        return rows

    def _about(self, target: Model) -> Q | None:
        if isinstance(target, self.model):
            return Q(**{self.model._meta.pk.attname: target.pk})
        return self.told.part_of(target)

    def load(self, keys, names):
        """Rows with the versions before them: two queries, whatever their number."""
        rows = self.model.history.filter(history_id__in=keys).with_previous()
        if self.told.joined:
            rows = rows.select_related(*self.told.joined)
        rows = list(rows)
        before = self.model.history.in_bulk(
            [row.previous_id for row in rows if row.previous_id and row.history_type == ALTERED]
        )
        for row in rows:
            previous = before.get(row.previous_id)
            names.want_user(row.history_user_id)
            for field in self.fields:
                if field.is_relation:
                    names.want(field.related_model, getattr(row, field.attname))
                    if previous is not None:
                        names.want(field.related_model, getattr(previous, field.attname))
            yield row.history_id, (row, previous)

    def entry(self, row, names):
        """Tell a version beside the one before."""
        version, previous = row
        return Entry(
            at=version.history_date,
            source=self.key,
            pk=version.history_id,
            kind=KIND_OF[version.history_type],
            thing=self.label,
            title=self.title(version, names),
            actor=names.user_name(version.history_user_id),
            changes=list(self.changes(version, previous, names)),
            reason=version.history_change_reason or getattr(version, "reason", ""),
            about=(self.key, getattr(version, self.model._meta.pk.attname)),
        )

    def title(self, version: Model, names: Names) -> str:
        """Say which row it is; a value the reader may not see is left out."""

        def read(name: str) -> str:
            if not self.told.may_read(names.user, version, name):
                return ""
            return self.text(version, self.model._meta.get_field(name), names)

        title = self.told.title
        if callable(title):
            return title(version, read)
        if title:
            return title.format_map(_Reading(read)).strip(" ·")
        return str(version.instance)

    def changes(self, version: Model, previous: Model | None, names: Names) -> Iterable[Shown]:
        """Tell what a version says that the one before did not, by the reader's field rules."""
        for field in self.fields:
            old = None if previous is None else getattr(previous, field.attname)
            new = getattr(version, field.attname)
            if old == new or (previous is None and self._goes_without_saying(field, new)):
                continue
            if parts := self.told.parts.get(field.name):
                yield from parts(old, new, names.user, version)
            elif not self.told.may_read(names.user, version, field.name):
                yield Shown(label_of(field), hidden=True)
            else:
                before = "" if previous is None else self.text(previous, field, names)
                yield Shown(label_of(field), before, self.text(version, field, names))

    def _goes_without_saying(self, field, value) -> bool:
        """Whether a value of a new row is nothing, or stands in the row's title."""
        title = self.told.title
        return value in (None, "", [], {}) or (not callable(title) and f"{{{field.name}}}" in title)

    def text(self, version: Model, field, names: Names) -> str:
        """Return a column's value in a version as text."""
        value = getattr(version, field.attname)
        read = self.told.read.get(field.name)
        return read(value) if read else text_of(field, value, names)


class _Reading(dict):
    """The columns of a row, read when a title names them."""

    def __init__(self, read):
        super().__init__()
        self.read = read

    def __missing__(self, name):
        return self.read(name)


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
            named = [
                Q(object_label=each._meta.label_lower, object_number=each.pk)
                for each in wanted.about
            ]
            rows = rows.filter(reduce(or_, named, Q(pk__in=())))
        return rows.filter(title__icontains=wanted.text) if wanted.text else rows

    def done_by(self, person):
        """What a person did, and what was tried in a person's name."""
        label = get_user_model()._meta.label_lower
        return Q(actor_number=person) | Q(object_label=label, object_number=person)

    def load(self, keys, names):
        """The events."""
        label = get_user_model()._meta.label_lower
        for row in Event.objects.filter(pk__in=keys):
            names.want_user(row.actor_number)
            if row.object_label == label:
                names.want_user(row.object_number)
            yield row.pk, row

    def entry(self, row, names):
        """Tell what was done, with its details."""
        label = get_user_model()._meta.label_lower
        person = names.user_name(row.object_number) if row.object_label == label else ""
        about = (row.object_label, row.object_number) if row.object_number and not person else None
        return Entry(
            at=row.at,
            source=self.key,
            pk=row.pk,
            kind=row.kind,
            thing=self.label,
            title=row.title or person,
            actor=names.user_name(row.actor_number),
            note=_details(row.detail),
            about=about,
        )


DETAILS: dict[str, Text] = {
    "format": _("format"),
    "rows": _("rows"),
    "filters": _("filters"),
    "count": _("findings"),
}
"""What the details of events are called; others are not shown in lists."""


def _details(detail: dict) -> str:
    named = ((DETAILS[name], each) for name, each in detail.items() if name in DETAILS)
    return " · ".join(f"{capfirst(str(label))}: {plain_text(each)}" for label, each in named)
