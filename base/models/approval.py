"""Approval by a second person, as a task of the studio's workflow (decision 3)."""

from collections import defaultdict

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.locks import WorkflowLock
from wagtail.models import Page, Task, TaskState

from base.retention import FOR_EVER
from base.scoping import ScopedQuerySet, name_for


class SubmittedLock(WorkflowLock):
    """Keeps a submitted draft as it is; says so in the words of the product."""

    def get_message(self, user):
        """Say what an author can do who wants to go on writing."""
        if not self.for_user(user):
            return None
        return _(
            "This waits for approval by a second person. To go on writing, withdraw it from "
            "approval first."
        )

    def get_description(self, user, can_lock=False):
        """Say who may change it now."""
        return _(
            "Until it is approved or handed back, only those can change it who may approve it."
        )

    def get_locked_by(self, user, can_lock=False):
        """Say why it is locked."""
        return _("Submitted for approval")


class SecondPersonTask(Task):
    """Whoever may publish a draft, and wrote none of it, approves it.

    Freezing enforces the rule on every path; here it decides who is asked, and who sees buttons.
    """

    lock_class = SubmittedLock
    untracked_because = "Set up by the product itself; holds nothing but a name."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("approval by a second person")
        verbose_name_plural = _("approvals by a second person")

    def user_can_access_editor(self, obj, user):
        """Let those who may publish open what they are asked to approve."""
        return may_publish(user, obj)

    def locked_for_user(self, obj, user):
        """Keep what is to be approved as it was submitted; its authors can withdraw it."""
        return not may_approve(user, obj)

    def get_actions(self, obj, user):
        """Return what the user may do with the draft: nothing where it is the user's own.

        Pages are approved where they are read (`base.views.approvals`), not in Wagtail's form,
        which cannot say why freezing refuses.
        """
        if isinstance(obj, Page) or not may_approve(user, obj):
            return []
        return [("approve", _("Approve"), False), ("reject", _("Ask for changes"), True)]

    def on_action(self, task_state, user, action_name, **kwargs):
        """Approve or hand back. Raises ValidationError for an author, and where freezing does."""
        if not may_approve(user, task_state.revision.as_object()):
            raise ValidationError(
                _("%(person)s changed this content and may not approve it; a second person must."),
                params={"person": user.username},
            )
        return super().on_action(task_state, user, action_name, **kwargs)

    def get_task_states_user_can_moderate(self, user, **kwargs):
        """Return what waits for this user."""
        mine = Submission.objects.visible_to(user).filter(task=self.pk)
        return self.task_states.filter(pk__in=mine.values("pk"))

    @classmethod
    def get_description(cls):
        """Say in the list of tasks what this one does."""
        return _("Whoever may publish, and wrote none of it, approves.")


def may_publish(user, draft) -> bool:
    """Whether the user may publish drafts of this kind at all."""
    return user.has_perm(draft.right_to("publish"))


def may_approve(user, draft) -> bool:
    """Whether the user may publish the draft's newest revision and wrote none of it."""
    return may_publish(user, draft) and not draft.was_written_by(user)


def drafting(model: type[models.Model]) -> str:
    """Return the permission to work on drafts of a scoped kind."""
    return model.right_to("draft")


def own_rows(rows: models.QuerySet, user, draft: type[models.Model]) -> models.QuerySet:
    """Return, of drafts or of what goes with them, the rows that are this person's to work on."""
    return rows.visible_to(user, drafting(draft)) if isinstance(rows, ScopedQuerySet) else rows


class SubmissionQuerySet(models.QuerySet):
    """What waits for approval, by who may approve it."""

    def visible_to(self, user, *permissions):
        """Return what the user may approve: drafts that are theirs to work on, written by others.

        `permissions` are asked of all of it: rights in the studio are those of kinds of drafts.
        """
        waiting = self.filter(status=TaskState.STATUS_IN_PROGRESS)
        if not user.is_authenticated or not all(map(user.has_perm, permissions)):
            return waiting.none()
        asked: dict[type[models.Model], dict[str, int]] = defaultdict(dict)
        for state in waiting.select_related("workflow_state__content_type").order_by("pk"):
            model = state.workflow_state.content_type.model_class()
            asked[model][state.workflow_state.object_id] = state.pk
        mine = [
            states[str(draft.pk)]
            for model, states in asked.items()
            if may_publish(user, model)
            for draft in own_rows(model._default_manager.filter(pk__in=states), user, model)
            if may_approve(user, draft)
        ]
        return waiting.filter(pk__in=mine)

    def for_draft(self, draft):
        """Keep what was submitted of one draft."""
        return self.filter(
            workflow_state__base_content_type=draft.get_base_content_type(),
            workflow_state__object_id=str(draft.pk),
        )


class Submission(TaskState):
    """A draft that was submitted and waits for a second person."""

    objects = SubmissionQuerySet.as_manager()

    untracked_because = "Wagtail's row; what becomes of it stands in its log."
    unscoped_because = "Shown to those alone who may approve what it is about."
    retention = FOR_EVER

    class Meta:
        proxy = True
        verbose_name = _("submission for approval")
        verbose_name_plural = _("submissions for approval")

    @property
    def draft(self):
        """The draft as it was submitted."""
        return self.revision.as_object()

    def submitted_by(self, strangers: frozenset[int]) -> str:
        """Return the name of who submitted it, told to somebody to whom these are strangers.

        Empty where nobody is known to have.
        """
        person = self.workflow_state.requested_by
        return name_for(person, strangers) if person else ""
