"""Approval by a second person, as a task of the studio's workflow (decision 3)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.models import Task, TaskState

from base.retention import FOR_EVER


class SecondPersonTask(Task):
    """Whoever may publish a draft, and wrote none of it, approves it.

    Freezing enforces the rule on every path; here it decides who is asked, and who sees buttons.
    """

    untracked_because = "Set up by the product itself; holds nothing but a name."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("approval by a second person")
        verbose_name_plural = _("approvals by a second person")

    def user_can_access_editor(self, obj, user):
        """Let those who may publish open what they are asked to approve."""
        return may_publish(user, obj)

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
    return may_publish(user, draft) and user.username not in authors_of(draft)


def authors_of(draft) -> list[str]:
    """Return the user names of those who changed the draft since its last edition, sorted."""
    from base.editions import authors_since_last_edition

    revision = draft.get_latest_revision() if draft.pk else None
    return authors_since_last_edition(draft, revision) if revision else []
