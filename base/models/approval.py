"""Approval by a second person, as a task of the studio's workflow (decision 3)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.locks import WorkflowLock
from wagtail.models import Task, TaskState

from base.retention import FOR_EVER


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
        """Return what the user may do with the draft: nothing where it is the user's own."""
        if not may_approve(user, obj):
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
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        states = waiting.select_related("revision__base_content_type")
        mine = [state.pk for state in states if may_approve(user, state.revision.as_object())]
        return waiting.filter(pk__in=mine)

    @classmethod
    def get_description(cls):
        """Say in the list of tasks what this one does."""
        return _("Whoever may publish, and wrote none of it, approves.")


def may_publish(user, draft) -> bool:
    """Whether the user may publish drafts of this kind at all."""
    return user.has_perm(f"{draft._meta.app_label}.publish_{draft._meta.model_name}")


def may_approve(user, draft) -> bool:
    """Whether the user may publish the draft's newest revision and wrote none of it."""
    return may_publish(user, draft) and not draft.was_written_by(user)
