"""Editions in the trail: approved by whom, written by whom, and what each changed, by meaning."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry, PageLogEntry

from base.editions import Edition
from base.formats import day
from base.models.user import User
from base.scoping import ScopedQuerySet, told_to
from base.trail.content import ContentSource, shown
from base.trail.entries import EDITION, Shown, TrailEntry
from base.trail.names import light
from base.trail.registry import ToldContent

CONSENTING = ("wagtail.workflow.start", "wagtail.workflow.approve", "wagtail.publish")
"""Actions whose comments are an edition's reasons. What was said against a draft stays inside."""


class EditionSource(ContentSource):
    """Editions: approved by whom, written by whom, and what differs from the one before."""

    at, by = "frozen_at", "approved_by_id"
    kinds = frozenset({EDITION})

    def __init__(self, told: ToldContent):
        super().__init__(told, "edition")
        self.model = self.draft.edition_model
        self.subject = f"{self.model.subject}_id"

    def allowed(self, user):
        """Whoever may see editions of this kind."""
        return user.has_perm(self.told.permission)

    def rows(self, wanted):
        """Visible editions."""
        rows = self.model._default_manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(wanted.user)
        if wanted.about is not None:
            rows = rows.filter(**{f"{self.subject}__in": self.own(wanted.about)})
        return rows

    def said(self, rows, wanted):
        """In the name of what it is an edition of, or in what it changed."""
        found = list(light(self.model, rows))
        changes = self._changes(found)
        text = wanted.text.casefold()
        keys = [
            row.pk
            for row in found
            if text in str(getattr(row, self.model.subject)).casefold()
            or says(changes[row.pk], text)
        ]
        return [Q(pk__in=keys)]

    def load(self, keys, names):
        """Editions with what they changed, their authors, and what was said of them."""
        rows = self.model._base_manager.filter(pk__in=keys).defer("content")
        rows = list(rows.select_related(self.model.subject))
        said, changes = _comments(rows), self._changes(rows)
        authors = authors_of(rows, names.user)
        for row in rows:
            names.want_user(row.approved_by_id)
            yield row.pk, (row, changes[row.pk], authors[row.pk], said[row.revision])

    def entry(self, row, names):
        """Tell an edition by its number, first day and authors."""
        edition, changes, authors, said = row
        note = _("Edition %(number)s, applies from %(day)s") % {
            "number": edition.number,
            "day": day(edition.applies_from),
        }
        if authors:
            note = f"{note} · " + _("written by %(authors)s") % {"authors": authors}
        return TrailEntry(
            at=edition.frozen_at,
            source=self.key,
            pk=edition.pk,
            kind=EDITION,
            thing=self.label,
            title=str(getattr(edition, self.model.subject)),
            actor=names.user_name(edition.approved_by_id),
            changes=list(changes),
            reason=said,
            note=note,
            about=(self.thing, getattr(edition, self.subject)),
        )

    def _changes(self, editions: list) -> dict[int, tuple[Shown, ...]]:
        """Return what each edition changed; nothing for the first. Two queries at most.

        Editions never change, so two are compared once for a process, in each language; and only
        then their contents are read.
        """
        earlier = self.model._base_manager.filter(
            number__in={edition.number - 1 for edition in editions},
            **{f"{self.subject}__in": {getattr(edition, self.subject) for edition in editions}},
        )
        seals = {
            (subject, number + 1): (pk, seal)
            for subject, number, pk, seal in earlier.values_list(
                self.subject, "number", "pk", "seal"
            )
        }
        pairs = {
            edition.pk: (*before, edition.seal)
            for edition in editions
            if (before := seals.get((getattr(edition, self.subject), edition.number)))
        }
        self._compare({pk: pair for pk, pair in pairs.items() if _key(pair) not in _compared})
        return {edition.pk: _compared.get(_key(pairs.get(edition.pk)), ()) for edition in editions}

    def _compare(self, pairs: dict[int, tuple]) -> None:
        """Remember what differs between editions and those before them."""
        if not pairs:
            return
        if len(_compared) + len(pairs) > MOST_COMPARED:
            _compared.clear()
        editions = self.model._base_manager.in_bulk({*pairs, *(pair[0] for pair in pairs.values())})
        for pk, pair in pairs.items():
            old, new = editions[pair[0]].data, editions[pk].data
            _compared[_key(pair)] = tuple(shown(self.told.compare(old, new)))


MOST_COMPARED = 20_000
_compared: dict[tuple, tuple[Shown, ...]] = {}


def _key(pair: tuple | None) -> tuple:
    """Return by what the comparison of two editions is remembered: their seals, and the words."""
    return (*pair[1:], get_language()) if pair else ()


def authors_of(editions: Iterable[Edition], reader) -> dict[int, str]:
    """Return by key who wrote these editions, by the names that the reader may know."""
    editions = list(editions)
    names = {name for edition in editions for name in edition.authors}
    with told_to(reader):
        called = {user.username: str(user) for user in User.objects.filter(username__in=names)}
    return {
        edition.pk: ", ".join(called.get(name, name) for name in edition.authors)
        for edition in editions
    }


def _comments(editions: list) -> dict[int, str]:
    """Return by revision what was said when it was submitted and approved."""
    said: dict[int, dict] = {edition.revision: {} for edition in editions}
    for log in (ModelLogEntry, PageLogEntry):
        steps = log.objects.filter(revision_id__in=said, action__in=CONSENTING)
        for revision, data in steps.order_by("timestamp").values_list("revision_id", "data"):
            if comment := data.get("comment"):
                said[revision][comment] = None
    return {revision: " · ".join(comments) for revision, comments in said.items()}


def says(changes: Iterable[Shown], text: str) -> bool:
    """Tell whether a change names the text: in words, as a value, or as a key such as "m2"."""
    text = text.casefold()
    return any(
        text in f"{c.what} {c.old} {c.new}".casefold() or text in c.place.split(".")
        for c in changes
    )
