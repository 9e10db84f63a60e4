"""Assess a report: the provider writes a draft, submits it, and confirms it for later figures."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.formats import day
from jobs.models import Assessment, Report


def draft_assessment(
    report: Report, *, by, text: str, proposals: str = "", figures: int
) -> Assessment:
    """Store the draft of a report's next assessment, made if there is none.

    `figures` is the number of the version the writer had before them. Raises ValidationError when
    there are later figures: what is written about the old ones has to be looked at first.
    """
    with transaction.atomic(), acting_as(by):
        report = _locked(report)
        version = _require_current(report, figures)
        draft = _draft_of(report) or Assessment(report=report, number=_next_number(report))
        draft.figures, draft.text, draft.proposals = version, text, proposals
        draft.full_clean()
        draft.save()
    return draft


def submit_assessment(report: Report, *, by) -> Assessment:
    """Hand the draft in: dated today, frozen, seen by the commissioning body from now on.

    Raises ValidationError without a draft, without text, and when there are later figures.
    """
    with transaction.atomic(), acting_as(by):
        report = _locked(report)
        draft = _draft_of(report)
        if draft is None:
            raise ValidationError(_("There is no draft to submit."))
        _require_current(report, draft.figures.number)
        return _submitted(draft, by)


def confirm_assessment(report: Report, *, by) -> Assessment:
    """Say that the last assessment holds for the newest figures too: the next one, same words.

    Raises ValidationError when there is nothing to confirm, or a draft is being written.
    """
    with transaction.atomic(), acting_as(by):
        report = _locked(report)
        last = report.assessments.submitted().order_by("-number").first()
        version = report.current()
        if last is None or last.figures_id == version.pk:
            raise ValidationError(_("The figures have not changed since the assessment."))
        if _draft_of(report):
            raise ValidationError(_("Another assessment is being written: submit that one."))
        confirmed = Assessment(
            report=report,
            number=last.number + 1,
            figures=version,
            text=last.text,
            proposals=last.proposals,
        )
        return _submitted(confirmed, by)


def _locked(report: Report) -> Report:
    return Report.objects.select_for_update(of=("self",)).get(pk=report.pk)


def _draft_of(report: Report) -> Assessment | None:
    return report.assessments.filter(status=Assessment.Status.DRAFT).order_by("pk").first()


def _next_number(report: Report) -> int:
    last = report.assessments.order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def _require_current(report: Report, figures: int):
    current = report.current()
    if current.number != figures:
        raise ValidationError(
            _(
                "The figures have changed: version %(number)d of %(day)s. Look at them, then"
                " save again."
            ),
            code="figures",
            params={
                "number": current.number,
                "day": day(timezone.localdate(current.computed_at)),
            },
        )
    return current


def _submitted(assessment: Assessment, by) -> Assessment:
    if not assessment.text.strip():
        raise ValidationError({"text": _("An assessment that is submitted says something.")})
    assessment.status = Assessment.Status.SUBMITTED
    assessment.submitted_by = by
    assessment.submitted_on = timezone.localdate()
    assessment.full_clean()
    assessment.save()
    return assessment
