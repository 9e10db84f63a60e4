"""Content in the trail: drafts as they were saved, steps in the studio, editions as approved.

Old and new values are those of `base.comparison`: what differs by meaning, in the words of the
content. Who edits in the studio sees drafts there; here they are for who may see the trail.
"""

from collections.abc import Iterable
from functools import cache

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, OuterRef, Subquery
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
        Shown(" › ".join(filter(None, (c.section, c.subject, c.what))), c.old, c.new)
        for c in changes
    ]


def says(changes: Iterable[Shown], text: str) -> bool:
    """Tell whether a change names the text, as a place or as a value."""
    text = text.casefold()
    return any(text in f"{c.what} {c.old} {c.new}".casefold() for c in changes)


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
            keys = rows.order_by("pk").values_list("pk", flat=True)
            rows = rows.filter(pk__in=[pk for pk in keys if self._says(pk, wanted.text)])
        return rows

    def _says(self, pk: int, text: str) -> bool:
        edition = self.model._base_manager.select_related(self.model.subject).get(pk=pk)
        named = str(getattr(edition, self.model.subject))
        return text.casefold() in named.casefold() or says(self.changes(edition), text)

    def load(self, keys, names):
        """Editions with their drafts."""
        rows = self.model._base_manager.filter(pk__in=keys).select_related(self.model.subject)
        for row in rows:
            names.want_user(row.approved_by_id)
            yield row.pk, row

    def entry(self, row, names):
        """Tell an edition by its number, first day and authors."""
        draft = getattr(row, self.model.subject)
        note = _("Edition %(number)s, applies from %(day)s") % {
            "number": row.number,
            "day": day(row.applies_from),
        }
        if authors := _full_names(tuple(row.authors)):
            note = f"{note} · " + _("written by %(authors)s") % {"authors": authors}
        return Entry(
            at=row.frozen_at,
            source=self.key,
            pk=row.pk,
            kind=EDITION,
            thing=self.label,
            title=str(draft),
            actor=names.user_name(row.approved_by_id),
            changes=self.changes(row),
            reason=comment_on(row.revision),
            note=note,
            about=(self.thing, draft.pk),
        )

    def changes(self, edition) -> list[Shown]:
        """Return what an edition changed; nothing for the first."""
        return list(_edition_changes(self.told, edition.pk))


@cache
def _edition_changes(told: ToldContent, pk: int) -> tuple[Shown, ...]:
    """Compare an edition with the one before. Kept: editions never change."""
    model = told.draft.edition_model
    edition = model._base_manager.get(pk=pk)
    same = {f"{model.subject}_id": getattr(edition, f"{model.subject}_id")}
    before = model._base_manager.filter(number=edition.number - 1, **same).first()
    return tuple(shown(told.compare(before.data, edition.data))) if before else ()


def comment_on(revision: int) -> str:
    """Return what was said when a revision was submitted or approved."""
    steps = ModelLogEntry.objects.filter(revision_id=revision).order_by("timestamp")
    said = [step.data.get("comment") for step in steps]
    return " · ".join(dict.fromkeys(filter(None, said)))


def _full_names(usernames: tuple[str, ...]) -> str:
    found = {user.username: str(user) for user in User.objects.filter(username__in=usernames)}
    return ", ".join(found.get(name, name) for name in usernames)


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
