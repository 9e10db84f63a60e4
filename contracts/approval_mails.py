"""A draft that waits for approval tells those who may approve it, by e-mail."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from wagtail.signals import task_submitted

from base.models import Submission
from contracts.models import Member
from contracts.rights import GRANTS

TOLD = "contracts/approvals/waiting"


def watch() -> None:
    """Write to approvers when something is submitted."""
    task_submitted.connect(_submitted, dispatch_uid="contracts.approval_mails")


def _submitted(instance, **kwargs) -> None:
    submission = Submission.objects.filter(pk=instance.pk).first()
    if submission is None:
        return
    draft = submission.draft
    given = {
        "kind": draft._meta.verbose_name,
        "draft": draft,
        "by": submission.workflow_state.requested_by,
        "url": settings.WAGTAILADMIN_BASE_URL.rstrip("/")
        + reverse("approval", args=[submission.pk]),
    }
    for user in _approvers(submission):
        with translation.override(settings.LANGUAGE_CODE):
            subject = " ".join(render_to_string(f"{TOLD}_subject.txt", given).split())
            text = render_to_string(f"{TOLD}_message.txt", given | {"user": user})
        send_mail(subject, text.strip() + "\n", None, [user.email])


def _approvers(submission: Submission) -> list:
    """Return whoever may approve it and has an address, each once."""
    draft = submission.draft
    roles = GRANTS[f"{draft._meta.app_label}.publish_{draft._meta.model_name}"]
    members = Member.objects.filter(user__is_active=True).exclude(user__email="")
    found = {
        member.user_id: member.user
        for member in members.select_related("user").order_by("pk")
        if not roles.isdisjoint(member.roles)
    }
    mine = Submission.objects.filter(pk=submission.pk)
    return [user for user in found.values() if mine.visible_to(user).exists()]
