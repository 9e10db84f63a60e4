"""The studio's first page: what waits for approval, what is unfinished, what was published."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import reverse
from wagtail.admin.ui.components import Component

from base.editions import Draft, Edition
from base.models.approval import Submission
from base.scoping import name_for, strangers_to
from base.studio.approval import editioned
from base.studio.doors import address, may
from base.studio.scope import own_drafts, own_rows
from base.studio.states import state_of

MOST_DRAFTS = 20
MOST_EDITIONS = 10


def editable_by(user) -> list[type[Draft]]:
    """Return the kinds of draft the user may change or publish."""
    return [
        model for model in editioned() if may(user, model, "change") or may(user, model, "publish")
    ]


@dataclass(frozen=True)
class Waiting:
    """A draft that was submitted and that this person may approve; `url` is where it is read."""

    draft: Draft
    submitted_by: str
    submitted_at: datetime
    url: str
    compare_url: str


@dataclass(frozen=True)
class Unfinished:
    """A draft with changes no edition has yet."""

    draft: Draft
    authors: str
    changed_at: datetime
    state: str
    goes_live_at: datetime | None
    url: str


class WaitingPanel(Component):
    """What this person is asked to approve."""

    name = "waiting"
    template_name = "base/studio/home/waiting.html"
    order = 100

    def get_context_data(self, parent_context):
        """Return the submitted drafts this person did not write."""
        return {"rows": waiting_for(parent_context["request"].user)}


def waiting_for(user) -> list[Waiting]:
    """Return the submitted drafts the user may approve, those that wait longest first."""
    rows = Submission.objects.visible_to(user).select_related(
        "workflow_state__requested_by", "revision__base_content_type"
    )
    found, strangers = [], strangers_to(user)
    for row in rows.order_by("started_at", "pk"):
        draft = row.draft
        found.append(
            Waiting(
                draft,
                row.submitted_by(strangers),
                row.started_at,
                reverse("approval", args=[row.pk]),
                address(draft, "revisions_compare", *_since_last_edition(draft)),
            )
        )
    return found


def _since_last_edition(draft: Draft) -> tuple[str, str]:
    """Return what to compare: the live content, or the first revision, with the newest one."""
    return ("live" if draft.live_revision_id else "earliest", "latest")


class UnfinishedPanel(Component):
    """Drafts whose changes are not published yet."""

    name = "unfinished"
    template_name = "base/studio/home/unfinished.html"
    order = 200

    def get_context_data(self, parent_context):
        """Return unfinished drafts of all kinds the person edits, the newest first."""
        return {"rows": unfinished_for(parent_context["request"].user)}


def unfinished_for(user) -> list[Unfinished]:
    """Return the newest drafts with unpublished changes among those the user may edit."""
    found = []
    for model in editable_by(user):
        changed = own_drafts(model, user).filter(
            Q(live=False) | Q(has_unpublished_changes=True), latest_revision__isnull=False
        )
        newest = changed.select_related("latest_revision").order_by(
            "-latest_revision__created_at", "-pk"
        )
        found += newest[:MOST_DRAFTS]
    found.sort(key=lambda draft: draft.latest_revision.created_at, reverse=True)
    strangers = strangers_to(user)
    return [_unfinished(draft, strangers) for draft in found[:MOST_DRAFTS]]


def _unfinished(stored: Draft, strangers: frozenset[int]) -> Unfinished:
    draft = stored.get_latest_revision_as_object()
    scheduled = stored.scheduled_revision
    return Unfinished(
        draft,
        ", ".join(_names(stored.authors(), strangers)),
        stored.latest_revision.created_at,
        state_of(stored),
        scheduled.approved_go_live_at if scheduled else None,
        address(stored),
    )


def _names(usernames: list[str], strangers: frozenset[int]) -> list[str]:
    """Return what people read for user names; one that is gone stays as it is."""
    people = get_user_model().objects.filter(username__in=usernames)
    known = {person.username: name_for(person, strangers) for person in people}
    return [known.get(name, name) for name in usernames]


class PublishedPanel(Component):
    """The editions frozen last."""

    name = "published"
    template_name = "base/studio/home/published.html"
    order = 300

    def get_context_data(self, parent_context):
        """Return the newest editions of all kinds the person edits, and who approved them."""
        user = parent_context["request"].user
        strangers = strangers_to(user)
        return {
            "rows": [
                (edition, name_for(edition.approved_by, strangers))
                for edition in published_for(user)
            ]
        }


def published_for(user) -> list[Edition]:
    """Return the newest editions of the kinds the user may edit, the newest first."""
    found = []
    for model in editable_by(user):
        kind = model.edition_model
        own = own_rows(kind._default_manager.all(), user, model)
        newest = own.select_related(kind.subject, "approved_by")
        found += newest.defer("content").order_by("-frozen_at", "-pk")[:MOST_EDITIONS]
    found.sort(key=lambda edition: edition.frozen_at, reverse=True)
    return found[:MOST_EDITIONS]
