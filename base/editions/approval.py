"""Approval of a draft: who wrote what is to become an edition, and who may approve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Revision

from base.acting import current_actor

if TYPE_CHECKING:
    from base.editions.draft import Draft

DECLARED_AUTHORS = "declared_authors"
"""Where a revision's content keeps the authors whom an import names."""

APPROVED_BY = "approved_by"
"""Where the content of a scheduled revision keeps the key of the person who scheduled it."""


def since_last_edition(draft: Draft, revision: Revision) -> models.QuerySet:
    """Return the revisions from the last edition's to this one, oldest first."""
    frozen = draft.editions.filter(revision__lte=revision.pk)
    return Revision.objects.filter(
        base_content_type=draft.get_base_content_type(),
        object_id=str(draft.pk),
        pk__gte=frozen.order_by("-number").values_list("revision", flat=True).first() or 0,
        pk__lte=revision.pk,
    ).order_by("pk")


SecondPerson = Callable[[object, Mapping[str, datetime]], None]
_second_person: list[SecondPerson] = []


def register_second_person(check: SecondPerson) -> None:
    """Say what else makes a second person: which access is whose is for a later app to know.

    Called with the approver, and since when each author (by user name) has written; raises
    ValidationError.
    """
    if check not in _second_person:
        _second_person.append(check)


def authors_since_last_edition(draft: Draft, revision: Revision) -> list[str]:
    """Return the usernames of all who changed the content since the last edition, sorted."""
    return sorted(written_since_last_edition(draft, revision))


def written_since_last_edition(draft: Draft, revision: Revision) -> dict[str, datetime]:
    """Return since when each author (by user name) has changed the content of the next edition.

    Saving without a change makes nobody an author: whoever approves may open and publish. What
    counts is what the content says, not how a form or a file spells it.
    """
    last = draft.editions.filter(revision__lte=revision.pk).order_by("-number").first()
    revisions = since_last_edition(draft, revision)
    authors: dict[str, datetime] = {}
    before = (lambda: (last.applies_from, last.data)) if last else (lambda: None)
    for row in revisions.select_related("user"):
        names = {*row.content.get(DECLARED_AUTHORS, ()), *([row.user.username] if row.user else ())}
        now = cache(partial(_wording, draft, row))
        is_frozen = last is not None and row.pk == last.revision
        # An edition may keep more than was written: what others confirmed of it.
        said = cache(partial(_frozen_wording, draft, row)) if is_frozen else now
        if not names <= authors.keys() and said() != before():
            authors = dict.fromkeys(names, row.created_at) | authors
        before = now
    return authors


def _wording(draft: Draft, revision: Revision) -> tuple:
    """Return the part of a revision that an edition is made of, as it is compared."""
    written = draft.with_content_json(revision.content)
    try:
        return written.applies_from, written.content()
    except ValidationError:
        return written.applies_from, written.plain()


def _frozen_wording(draft: Draft, revision: Revision) -> tuple:
    """Return what an edition would keep of a revision, as it is compared."""
    applies_from, content = _wording(draft, revision)
    written = draft.with_content_json(revision.content)
    return applies_from, content if isinstance(content, dict) else written.as_frozen(content)


def approval(draft: Draft, revision: Revision) -> tuple:
    """Return who approves a revision now, and who wrote it (user names).

    Raises ValidationError unless a person acts who wrote none of it, and who is nobody else's
    second account. Of what was scheduled this was asked on the day of the approval.
    """
    approver = current_actor()
    if approver is None or approver.is_system:
        raise ValidationError(_("An edition needs a person who approves it."))
    written = written_since_last_edition(draft, revision)
    if approver.username in written:
        raise ValidationError(
            _("%(person)s changed this content and may not approve it; a second person must."),
            params={"person": approver.username},
        )
    if revision.content.get(APPROVED_BY) != approver.pk:
        for check in _second_person:
            check(approver, written)
    return approver, sorted(written)


def is_ahead(revision: Revision) -> bool:
    """Whether the revision is scheduled for a moment still to come."""
    moment = revision.approved_go_live_at
    return moment is not None and moment > timezone.now()


def approve_ahead(revision: Revision) -> None:
    """Check a scheduled revision as freezing will, and keep who approved it beside its content."""
    draft = revision.as_object()
    draft.require(draft.content())
    approver, _authors = approval(draft, revision)
    revision.content[APPROVED_BY] = approver.pk
    revision.save(update_fields=["content"])


def scheduled_by(revision: Revision):
    """Return who scheduled a revision whose day has come, unless a person acts now; else None."""
    actor = current_actor()
    is_due = revision.approved_go_live_at is not None and not is_ahead(revision)
    if not is_due or (actor is not None and not actor.is_system):
        return None
    return get_user_model().objects.filter(pk=revision.content.get(APPROVED_BY)).first()
