"""Content in the trail: drafts as they were saved, steps in the studio, editions as approved.

Old and new values are those of `base.comparison`: what differs by meaning, in the words of the
content. Who edits in the studio sees drafts there; here they are for who may see the trail.
"""

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, OuterRef, Subquery
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry, PageLogEntry, Revision

from base.formats import day
from base.models.user import User
from base.scoping import ScopedQuerySet
from base.trail.entries import DRAFT, EDITION, WORKFLOW, Entry, Shown
from base.trail.registry import ToldContent, contents
from base.trail.sources import Source, matches

TOLD_OTHERWISE = ("wagtail.create", "wagtail.edit", "wagtail.publish")
"""Actions of the studio's log that revisions and editions tell better."""


def content_sources() -> Iterable[Source]:
    """Return the sources for each kind of content, and for pages."""
    for told in contents():
        yield from (EditionSource(told), RevisionSource(told), StudioSource(told))
    yield PageSource()


def shown(changes) -> list[Shown]:
    """Return differences of content as changes of the trail."""
    return [
        Shown(" › ".join(filter(None, (c.section, c.subject, c.what))), c.old, c.new, place=c.place)
        for c in changes
    ]


def says(changes: Iterable[Shown], text: str) -> bool:
    """Tell whether a change names the text: in words, as a value, or as a key such as "m2"."""
    text = text.casefold()
    return any(
        text in f"{c.what} {c.old} {c.new}".casefold() or text in c.place.split(".")
        for c in changes
    )


class ContentSource(Source):
    """What happened to content of one kind."""

    def __init__(self, told: ToldContent, suffix: str):
        self.told = told
        self.draft = told.draft
        self.thing = self.draft._meta.label_lower
        self.key = f"{self.thing}.{suffix}"
        self.label = self.draft._meta.verbose_name

    def sees_drafts(self, user) -> bool:
        """Return whether drafts of all are for the person to see."""
        if not user.has_perm("base.view_trail"):
            return False
        rows = self.draft._default_manager.all()
        return not isinstance(rows, ScopedQuerySet) or not rows.visible_to(user).query.where

    def own(self, about: Iterable[Model]) -> list[int]:
        """Return the keys of the drafts among these objects."""
        return [each.pk for each in about if isinstance(each, self.draft)]


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
        """Visible editions; the text is looked for in what they changed."""
        rows = self.model._default_manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(wanted.user)
        if wanted.about is not None:
            rows = rows.filter(**{f"{self.subject}__in": self.own(wanted.about)})
        if wanted.text:
            found = rows.select_related(self.model.subject)
            said = self._changes(list(found))
            text = wanted.text.casefold()
            keys = [
                row.pk
                for row in found
                if text in str(getattr(row, self.model.subject)).casefold()
                or says(said[row.pk], text)
            ]
            rows = rows.filter(pk__in=keys)
        return rows

    def load(self, keys, names):
        """Editions with what they changed, their authors, and what was said of them."""
        rows = self.model._base_manager.filter(pk__in=keys)
        rows = list(rows.select_related(self.model.subject))
        said, changes = _comments(rows), self._changes(rows)
        authors = User.objects.filter(username__in={name for row in rows for name in row.authors})
        called = {author.username: str(author) for author in authors}
        for row in rows:
            names.want_user(row.approved_by_id)
            written_by = ", ".join(called.get(name, name) for name in row.authors)
            yield row.pk, (row, changes[row.pk], written_by, said[row.revision])

    def entry(self, row, names):
        """Tell an edition by its number, first day and authors."""
        edition, changes, authors, said = row
        note = _("Edition %(number)s, applies from %(day)s") % {
            "number": edition.number,
            "day": day(edition.applies_from),
        }
        if authors:
            note = f"{note} · " + _("written by %(authors)s") % {"authors": authors}
        return Entry(
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
        """Return what each edition changed; nothing for the first. Two queries at most."""
        numbers = {edition.number - 1 for edition in editions}
        subjects = {getattr(edition, self.subject) for edition in editions}
        earlier = self.model._base_manager.filter(
            number__in=numbers, **{f"{self.subject}__in": subjects}
        )
        before = {(getattr(each, self.subject), each.number): each for each in earlier}
        return {
            edition.pk: self._compared(before.get(self._before(edition)), edition)
            for edition in editions
        }

    def _before(self, edition) -> tuple[int, int]:
        return getattr(edition, self.subject), edition.number - 1

    def _compared(self, before, edition) -> tuple[Shown, ...]:
        """Compare two editions, once in each language: they never change."""
        if before is None:
            return ()
        key = (before.seal, edition.seal, get_language())
        if key not in _comparisons:
            if len(_comparisons) >= MOST_COMPARED:
                _comparisons.clear()
            _comparisons[key] = tuple(shown(self.told.compare(before.data, edition.data)))
        return _comparisons[key]


MOST_COMPARED = 1000
_comparisons: dict[tuple, tuple[Shown, ...]] = {}


def _comments(editions: list) -> dict[int, str]:
    """Return by revision what was said when it was submitted and approved."""
    said: dict[int, dict] = {edition.revision: {} for edition in editions}
    steps = ModelLogEntry.objects.filter(revision_id__in=said).order_by("timestamp")
    for revision, data in steps.values_list("revision_id", "data"):
        if comment := data.get("comment"):
            said[revision][comment] = None
    return {revision: " · ".join(comments) for revision, comments in said.items()}


class RevisionSource(ContentSource):
    """Drafts as they were saved, and what each changed."""

    at, by = "created_at", "user_id"
    kinds = frozenset({DRAFT})

    def __init__(self, told: ToldContent):
        super().__init__(told, "revision")

    def allowed(self, user):
        """Whoever may see drafts of all."""
        return self.sees_drafts(user)

    def rows(self, wanted):
        """Revisions of drafts of this kind."""
        kind = ContentType.objects.get_for_model(self.draft)
        rows = Revision.objects.filter(base_content_type=kind)
        if wanted.about is not None:
            rows = rows.filter(object_id__in=map(str, self.own(wanted.about)))
        return rows.filter(object_str__icontains=wanted.text) if wanted.text else rows

    def load(self, keys, names):
        """Revisions with those before them: two queries."""
        earlier = Revision.objects.filter(
            base_content_type=OuterRef("base_content_type"),
            object_id=OuterRef("object_id"),
            pk__lt=OuterRef("pk"),
        )
        last = Subquery(earlier.order_by("-pk").values("pk")[:1])
        rows = list(Revision.objects.filter(pk__in=keys).annotate(previous_id=last))
        before = Revision.objects.in_bulk([row.previous_id for row in rows if row.previous_id])
        for row in rows:
            names.want_user(row.user_id)
            yield row.pk, (row, before.get(row.previous_id))

    def entry(self, row, names):
        """Tell what a saved draft changed, where both can be read."""
        revision, previous = row
        return Entry(
            at=revision.created_at,
            source=self.key,
            pk=revision.pk,
            kind=DRAFT,
            thing=self.label,
            title=revision.object_str,
            actor=names.user_name(revision.user_id),
            changes=self._changes(revision, previous),
            about=(self.thing, int(revision.object_id)),
        )

    def _changes(self, revision, previous) -> list[Shown]:
        if previous is None:
            return []
        try:
            old, new = (
                self.draft.from_serializable_data(each.content, check_fks=False).content()
                for each in (previous, revision)
            )
        except ValidationError:
            return []
        return shown(self.told.compare(old, new))


class StudioSource(ContentSource):
    """Steps in the studio: submitted, approved, rejected, locked, scheduled."""

    at, by = "timestamp", "user_id"
    kinds = frozenset({WORKFLOW})

    def __init__(self, told: ToldContent):
        super().__init__(told, "studio")

    def allowed(self, user):
        """Whoever may see drafts of all."""
        return self.sees_drafts(user)

    def rows(self, wanted):
        """Entries of the studio's log about drafts of this kind."""
        kind = ContentType.objects.get_for_model(self.draft)
        rows = ModelLogEntry.objects.filter(content_type=kind).exclude(action__in=TOLD_OTHERWISE)
        if wanted.about is not None:
            rows = rows.filter(object_id__in=map(str, self.own(wanted.about)))
        return rows.filter(matches(("label", "data"), wanted.text)) if wanted.text else rows

    def load(self, keys, names):
        """The log's entries."""
        for row in ModelLogEntry.objects.filter(pk__in=keys):
            names.want_user(row.user_id)
            yield row.pk, row

    def entry(self, row, names):
        """Tell a step in the studio's own words."""
        return Entry(
            at=row.timestamp,
            source=self.key,
            pk=row.pk,
            kind=WORKFLOW,
            thing=self.label,
            title=row.label,
            actor=names.user_name(row.user_id),
            reason=str(row.comment or ""),
            note=str(row.message),
            about=(self.thing, int(row.object_id)),
        )


class PageSource(Source):
    """What happened to public pages."""

    key = thing = "wagtailcore.page"
    label = _("page")
    at, by = "timestamp", "user_id"
    kinds = frozenset({WORKFLOW})

    def allowed(self, user):
        """Whoever may see the trail."""
        return user.has_perm("base.view_trail")

    def rows(self, wanted):
        """All entries about pages; no object of the workspace is one."""
        if wanted.about is not None:
            return None
        rows = PageLogEntry.objects.all()
        return rows.filter(label__icontains=wanted.text) if wanted.text else rows

    def load(self, keys, names):
        """The log's entries."""
        for row in PageLogEntry.objects.filter(pk__in=keys):
            names.want_user(row.user_id)
            yield row.pk, row

    def entry(self, row, names):
        """Tell it in the studio's own words."""
        return Entry(
            at=row.timestamp,
            source=self.key,
            pk=row.pk,
            kind=WORKFLOW,
            thing=self.label,
            title=row.label,
            actor=names.user_name(row.user_id),
            reason=str(row.comment or ""),
            note=str(row.message),
        )
