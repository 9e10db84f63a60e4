"""What somebody reads who is asked to approve a draft: what changes by it, and all it will say."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import TaskState

from base import formats
from base.comparison import Change
from base.editions import Draft, Edition
from base.legible import legible
from base.models.approval import Submission
from base.studio.consequences import APPROVE
from base.studio.drafts import changes_between
from base.studio.passages import Passage, passages_of
from base.studio.refusals import refusals_of
from base.studio.screens import screens_of

HAND_BACK = "reject"
"""What Wagtail's tasks call the action after which a draft can be changed again."""


@dataclass(frozen=True)
class Review:
    """A draft as it is read by who approves it.

    `changes` is None where there is no edition before, or nothing to compare it by;
    `consequences` are what publishing would change elsewhere, drawn by `template` where there is
    a rule for it. `refusals` say why it cannot be published as it is; `warnings`, what one may want
    to know.
    """

    draft: Draft
    in_force: Edition | None
    changes: Sequence[Change] | None
    consequences: Sequence
    template: str
    passages: Sequence[Passage]
    refusals: Sequence[str]
    warnings: Sequence[str]


def review_of(submission: Submission, user) -> Review:
    """Return what a person reads who is asked to approve a draft, as it was submitted."""
    draft, today = submission.draft, timezone.localdate()
    model = type(draft)
    stored = model._default_manager.get(pk=draft.pk)
    rule, found, refusals = screens_of(model).consequences, (), []
    try:
        draft.require(draft.content())
        if rule and stored.live_revision_id:
            found = rule.of(draft, user)
    except ValidationError as error:
        refusals = refusals_of(error, model)
    editions = draft.editions.order_by("-number")
    content = model.edition_model.content_model
    return Review(
        draft=draft,
        in_force=editions.in_force_on(today).first() or editions.first(),
        changes=changes_between(stored, draft) if stored.live_revision_id else None,
        consequences=found,
        template=rule.read_template if rule and stored.live_revision_id and not refusals else "",
        passages=passages_of(content, draft.plain(), leave_out=("title",)),
        refusals=refusals,
        warnings=_warnings(draft, today),
    )


def decide(submission: Submission, user, *, approves: bool, comment: str) -> Draft:
    """Approve a draft, or hand it back to be changed; return it.

    Raises ValidationError where freezing refuses, and where somebody else has decided meanwhile.
    """
    with transaction.atomic():
        state = TaskState.objects.select_for_update().get(pk=submission.pk)
        if state.status != TaskState.STATUS_IN_PROGRESS:
            raise ValidationError(_("Somebody has decided about this meanwhile."))
        action = APPROVE if approves else HAND_BACK
        state.task.specific.on_action(state.specific, user, action, comment=comment)
    return submission.draft


def _warnings(draft: Draft, today) -> list[str]:
    found = []
    newest = draft.editions.order_by("-number").first()
    if draft.applies_from and draft.applies_from < today:
        found.append(
            _("It applies from %(day)s, a day that has passed: what was done since counts by it.")
            % {"day": formats.day(draft.applies_from)}
        )
    if newest and draft.applies_from and draft.applies_from <= newest.applies_from:
        found.append(
            _("Edition %(number)s, which applies from %(day)s, never applies any more.")
            % {"number": newest.number, "day": formats.day(newest.applies_from)}
        )
    if draft.go_live_at and draft.go_live_at > timezone.now():
        moment = legible(draft.go_live_at)
        found.append(_("It is published on %(moment)s.") % {"moment": moment})
    return found
