"""Answer an assessment: the commissioning body writes a draft of its reply and submits it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from jobs.models import Assessment, Reply


def draft_reply(assessment: Assessment, *, by, text: str) -> Reply:
    """Store the draft of the reply to an assessment.

    Raises ValidationError where the assessment is answered, or another one has followed it.
    """
    with transaction.atomic(), acting_as(by):
        _require_newest(assessment)
        reply = Reply.objects.select_for_update(of=("self",)).filter(assessment=assessment).first()
        reply = reply or Reply(assessment=assessment)
        _require_draft(reply)
        reply.text = text
        reply.full_clean()
        reply.save()
    return reply


def submit_reply(assessment: Assessment, *, by) -> Reply:
    """Send the reply: dated today, frozen, seen by the provider from now on.

    Raises ValidationError without a draft, without text, or where another assessment has followed.
    """
    with transaction.atomic(), acting_as(by):
        _require_newest(assessment)
        reply = Reply.objects.select_for_update(of=("self",)).filter(assessment=assessment).first()
        if reply is None:
            raise ValidationError(_("There is no draft to submit."))
        _require_draft(reply)
        if not reply.text.strip():
            raise ValidationError({"text": _("A reply that is submitted says something.")})
        reply.status = Reply.Status.SUBMITTED
        reply.submitted_by = by
        reply.submitted_on = timezone.localdate()
        reply.full_clean()
        reply.save()
    return reply


def _require_newest(assessment: Assessment) -> None:
    """Refuse an assessment that is not submitted, or not the newest that is."""
    newest = assessment.report.assessments.submitted().order_by("-number").first()
    if newest is None or newest.pk != assessment.pk:
        raise ValidationError(_("Only the newest assessment that was submitted is answered."))


def _require_draft(reply: Reply) -> None:
    if not reply.is_draft:
        raise ValidationError(_("This assessment is answered already."))
