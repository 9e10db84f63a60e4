"""Histories of tracked rows in the trail: which versions a person is told of, and in which words.

Every version is told beside the one before it, as far as the reader may see that one too.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from operator import or_

from django.db.models import Model, Q

from base.history import CHANGED as ALTERED
from base.history import CREATED as ADDED
from base.history import DELETED as REMOVED
from base.history import history_model
from base.trail.entries import CHANGED, CREATED, DELETED, Shown, TrailEntry
from base.trail.names import NOT_YOURS, Names
from base.trail.registry import TECHNICAL, Told
from base.trail.sources import Source, contains
from base.trail.values import label_of, text_of

KIND_OF = {ADDED: CREATED, ALTERED: CHANGED, REMOVED: DELETED}


class HistorySource(Source):
    """Changes of a tracked model."""

    at, pk, by = "history_date", "history_id", "history_user_id"
    kinds = frozenset(KIND_OF.values())

    def __init__(self, told: Told):
        self.told = told
        self.model = told.model
        self.key = self.thing = self.model._meta.label_lower
        self.label = self.model._meta.verbose_name
        self.row_key = self.model._meta.pk.attname
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
            found = self._about(wanted.about)
            return rows.filter(reduce(or_, found)) if found else None
        return rows

    def said(self, rows, wanted):
        """In a reason, in columns that are searched, or by being about what the text names."""
        reasons = ~Q(history_change_reason="") & contains(["history_change_reason"], wanted.text)
        if self.told.why:
            own = self.model._default_manager.all()
            reasons &= own.allowed(wanted.user, self.told.why)
        found = [reasons, *self._about(wanted.named)]
        if self.told.search:
            found.append(contains(self.told.search, wanted.text))
        return [*found, *self._chosen(wanted)]

    def _chosen(self, wanted) -> list[Q]:
        """Return the conditions of naming a word from a table in which the text stands.

        The table is asked first, so that rows are found by its keys.
        """
        found = []
        for column, words in self.told.chosen.items():
            key = self.model._meta.get_field(column)
            rows = key.related_model._default_manager.filter(contains([words], wanted.text))
            if not self.told.rule(column) and (keys := list(rows.values_list("pk", flat=True))):
                found.append(Q(**{f"{key.attname}__in": keys}))
        return found

    def _about(self, targets: Sequence[Model]) -> list[Q]:
        """Return the conditions of being a version of one of the objects, or of a part of it."""
        own = [each.pk for each in targets if isinstance(each, self.model)]
        parts = [
            part
            for each in targets
            if not isinstance(each, self.model) and (part := self.told.part_of(each)) is not None
        ]
        conditions = [Q(**{f"{self.row_key}__in": own})] if own else []
        return [*conditions, reduce(or_, parts)] if parts else conditions

    def load(self, keys, names):
        """Rows with the versions before them: two queries, whatever their number."""
        rows = list(self._joined(self.model.history.filter(history_id__in=keys).with_previous()))
        before = self._before(rows, names.user)
        telling = self.telling([*rows, *before.values()], names)
        for row in rows:
            names.want_user(row.history_user_id)
            yield row.history_id, (row, before.get(row.previous_id), telling)

    def _before(self, rows: list[Model], user) -> dict[int, Model]:
        """Return the versions before changes: what the reader may not see is not an old value."""
        wanted = [
            row.previous_id for row in rows if row.previous_id and row.history_type == ALTERED
        ]
        return self._joined(self.told.visible(user)).in_bulk(wanted) if wanted else {}

    def _joined(self, rows):
        return rows.select_related(*self.told.joined) if self.told.joined else rows

    def entry(self, row, names):
        """Tell a version beside the one before."""
        version, previous, telling = row
        return TrailEntry(
            at=version.history_date,
            source=self.key,
            pk=version.history_id,
            kind=KIND_OF[version.history_type],
            folded=version.history_type != ALTERED,
            thing=self.label,
            title=telling.title(version),
            actor=names.user_name(version.history_user_id),
            changes=list(telling.changes(version, previous)),
            reason=self._reason(version, telling),
            about=self._named_by(version),
            is_line=bool(self.told.line_of),
        )

    def _reason(self, version: Model, telling: "Telling") -> str:
        """Return why, as the reader may know it: "…" where that is not for them."""
        reason = version.history_change_reason or getattr(version, "reason", "")
        return reason if not reason or telling.may_read_reason(version) else NOT_YOURS

    def _named_by(self, version: Model) -> tuple[str, int]:
        """Return what an entry is about: the row, or what the row is a line of."""
        if not self.told.line_of:
            return self.key, getattr(version, self.row_key)
        owner = self.model._meta.get_field(self.told.line_of)
        return owner.related_model._meta.label_lower, getattr(version, owner.attname)

    def telling(self, versions: Sequence[Model], names: Names) -> "Telling":
        """Return what puts these versions into words; what they name is looked up together."""
        for version in versions:
            for field in self.fields:
                if field.is_relation:
                    names.want(field.related_model, getattr(version, field.attname))
        return Telling(self, versions, names)


class Telling:
    """Puts versions of one model's rows into words, by the reader's field rules."""

    def __init__(self, source: HistorySource, versions: Sequence[Model], names: Names):
        self.source, self.told, self.names = source, source.told, names
        self._versions = versions
        self._readable: dict[tuple, bool] = {}

    @cached_property
    def _titles(self):
        """What calls keys of content by their titles, for all versions at once."""
        make = self.told.titles
        return make(self._versions) if make else lambda _version, _column: None

    def may_read(self, version: Model, column: str) -> bool:
        """Return whether the reader may see what a column said."""
        # Of a row's columns under one rule the same is true: asked once for all its versions.
        rule = self.told.rule(column)
        asked = (rule, getattr(version, self.source.row_key))
        if callable(rule) or asked not in self._readable:
            self._readable[asked] = self.told.may_read(self.names.user, version, column)
        return self._readable[asked]

    def may_read_reason(self, version: Model) -> bool:
        """Return whether the reader may see why."""
        return self.told.may_read_reason(self.names.user, version)

    def text(self, version: Model, field) -> str:
        """Return a column's value in a version as text, whoever reads it."""
        titled = self._titles(version, field.name)
        if titled is not None:
            return titled
        value = getattr(version, field.attname)
        read = self.told.read.get(field.name)
        return read(value) if read else text_of(field, value, self.names)

    def readable(self, version: Model, field) -> str:
        """Return a column's value as the reader may see it: "…" stands for what is hidden."""
        if not self.may_read(version, field.name):
            return NOT_YOURS if getattr(version, field.attname) else ""
        return self.text(version, field)

    def title(self, version: Model) -> str:
        """Say which row it is; a value the reader may not see is left out."""

        def read(name: str) -> str:
            if not self.may_read(version, name):
                return ""
            return self.text(version, self.source.model._meta.get_field(name))

        title = self.told.title
        if callable(title):
            return title(version, read)
        if title:
            return title.format_map(_Reading(read)).strip(" ·")
        return str(getattr(version, self.source.row_key))

    def changes(self, version: Model, previous: Model | None) -> Iterable[Shown]:
        """Tell what a version says that the one before did not.

        Both values have to be the reader's: who reads neither or one sees that it changed.
        """
        for field in self.source.fields:
            old = None if previous is None else getattr(previous, field.attname)
            new = getattr(version, field.attname)
            if old == new or (previous is None and self._goes_without_saying(field, new)):
                continue
            versions = (version,) if previous is None else (version, previous)
            if not all(self.may_read(each, field.name) for each in versions):
                yield Shown(self._label(version, field), hidden=True)
            else:
                before = "" if previous is None else self.text(previous, field)
                yield Shown(self._label(version, field), before, self.text(version, field))

    def _label(self, version: Model, field):
        """Return what a column is called: in a line, as the line is."""
        if not self.told.line:
            return label_of(field)
        return self.text(version, self.source.model._meta.get_field(self.told.line))

    def _goes_without_saying(self, field, value) -> bool:
        """Whether a value of a new row is nothing, or stands in the row's title."""
        title = self.told.title
        named = field.name == self.told.line or (
            not callable(title) and f"{{{field.name}}}" in title
        )
        return named or value in (None, "", [], {})


class _Reading(dict):
    """The columns of a row, read when a title names them."""

    def __init__(self, read):
        super().__init__()
        self.read = read

    def __missing__(self, name):
        return self.read(name)
