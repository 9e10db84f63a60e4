"""A draft that waits for approval tells those who may approve it, by e-mail."""

from django.urls import reverse
from wagtail.signals import task_submitted

from base.models import Submission
from contracts.models import Member
from contracts.rights import GRANTS
from contracts.telling import tell

TOLD = "contracts/approvals/waiting"


def watch() -> None:
    """Write to approvers when something is submitted."""
    task_submitted.connect(_submitted, dispatch_uid="contracts.approval_mails")


def _submitted(instance, **kwargs) -> None:
    submission = Submission.objects.filter(pk=instance.pk).first()
    if submission is None:
        return
    draft = submission.draft
    tell(
        _approvers(submission),
        TOLD,
        path=reverse("approval", args=[submission.pk]),
        work="approvals",
        kind=draft._meta.verbose_name,
        draft=draft,
        by=submission.workflow_state.requested_by,
    )


def _approvers(submission: Submission) -> list:
    """Return whoever may approve it and has an address, each once."""
    draft = submission.draft
    roles = GRANTS[draft.right_to("publish")]
    members = Member.objects.filter(user__is_active=True).exclude(user__email="")
    found = {
        member.user_id: member.user
        for member in members.select_related("user").order_by("pk")
        if not roles.isdisjoint(member.roles)
    }
    mine = Submission.objects.filter(pk=submission.pk)
    return [user for user in found.values() if mine.visible_to(user).exists()]
