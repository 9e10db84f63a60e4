"""Content in the trail: drafts as they were saved, and steps in the studio.

Old and new values are those of `base.comparison`: what differs by meaning, in the words of the
content. Who edits in the studio sees drafts there; here they are for who may see the trail.
"""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, OuterRef, Subquery
from django.utils.translation import gettext_lazy
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision

from base.scoping import ScopedQuerySet
from base.trail.entries import DRAFT, WORKFLOW, Shown, TrailEntry
from base.trail.registry import ToldContent
from base.trail.sources import Source, contains

TOLD_OTHERWISE = ("wagtail.create", "wagtail.edit", "wagtail.publish")
"""Actions of the studio's log that revisions and editions tell better."""


def shown(changes) -> list[Shown]:
    """Return differences of content as changes of the trail."""
    return [
        Shown(" › ".join(filter(None, (c.section, c.subject, c.what))), c.old, c.new, place=c.place)
        for c in changes
    ]


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
        rows = Revision.objects.filter(content_type=kind)
        if wanted.about is not None:
            rows = rows.filter(object_id__in=map(str, self.own(wanted.about)))
        return rows

    def said(self, rows, wanted):
        """In the name the draft had."""
        return [contains(["object_str"], wanted.text)]

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
        return TrailEntry(
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
        return rows

    def said(self, rows, wanted):
        """In the name the draft had, or in a comment."""
        return [contains(["label", "data"], wanted.text)]

    def load(self, keys, names):
        """The log's entries."""
        for row in ModelLogEntry.objects.filter(pk__in=keys):
            names.want_user(row.user_id)
            yield row.pk, row

    def entry(self, row, names):
        """Tell a step in the studio's own words."""
        return TrailEntry(
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


def without_foreign_pages(entries, user):
    """Leave out entries about pages of which the person is told nothing."""
    for model in apps.get_models():
        rows = model._default_manager.all()
        if issubclass(model, Page) and isinstance(rows, ScopedQuerySet):
            seen = rows.visible_to(user).order_by().values("pk")
            foreign = model._base_manager.exclude(pk__in=seen).order_by()
            entries = entries.exclude(page__in=foreign.values("pk"))
    return entries


class PageSource(Source):
    """What happened to public pages."""

    key = thing = "wagtailcore.page"
    label = gettext_lazy("page")
    at, by = "timestamp", "user_id"
    kinds = frozenset({WORKFLOW})

    def allowed(self, user):
        """Whoever may see the trail."""
        return user.has_perm("base.view_trail")

    def rows(self, wanted):
        """All entries about pages; no object of the workspace is one."""
        if wanted.about is not None:
            return None
        return without_foreign_pages(PageLogEntry.objects.all(), wanted.user)

    def said(self, rows, wanted):
        """In the name the page had."""
        return [contains(["label"], wanted.text)]

    def load(self, keys, names):
        """The log's entries."""
        for row in PageLogEntry.objects.filter(pk__in=keys):
            names.want_user(row.user_id)
            yield row.pk, row

    def entry(self, row, names):
        """Tell it in the studio's own words."""
        return TrailEntry(
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
