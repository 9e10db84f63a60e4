"""What people say about a report: the provider's assessment, the commissioning body's reply.

The figures are computed; these are the words beside them (A1-47). Each is written as a draft that
only its own side sees, then submitted: from then on it is dated, frozen and seen by both.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.immutability import When
from base.retention import KeptWith
from contracts.reach import ProviderScopedQuerySet, Reach
from jobs.models.report import Report, ReportVersion

LONGEST_TEXT = 20_000  # characters, some six pages


class ReportText(Tracked):
    """A text with a draft and a submitted state."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")

    text = models.TextField(_("text"), max_length=LONGEST_TEXT, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("submitted by"),
    )
    submitted_on = models.DateField(_("submitted on"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_draft(self) -> bool:
        """Whether its side may still change it."""
        return self.status == self.Status.DRAFT


def submitted_text_is_signed(name: str) -> models.CheckConstraint:
    """Return the constraint that a submitted text says something, and who submitted it when."""
    return models.CheckConstraint(
        name=name,
        condition=~Q(status="submitted")
        | (~Q(text="") & Q(submitted_by__isnull=False, submitted_on__isnull=False)),
    )


class AssessmentQuerySet(ProviderScopedQuerySet):
    """Assessments, by the contract's provider; what it has not submitted is its own affair."""

    provider_path = "report__contract__provider"
    needed = "jobs.view_report"

    def within(self, reach):
        """Return the provider's own, and to the commissioning body's staff what is submitted."""
        own = self.condition(Reach(providers=reach.providers))
        submitted = Q(status=Assessment.Status.SUBMITTED)
        return super().within(reach).filter(own | submitted)

    def submitted(self):
        """Return those that were submitted."""
        return self.filter(status=Assessment.Status.SUBMITTED)


class Assessment(ReportText):
    """How the provider judges a report's figures, and which changes it proposes (Beurteilung).

    It names the version of the figures it was written for. When late knowledge changes them, the
    provider confirms it or writes the next one; this one stays.
    """

    report = models.ForeignKey(Report, models.PROTECT, related_name="assessments")
    number = models.PositiveIntegerField(_("number"))
    figures = models.ForeignKey(
        ReportVersion, models.PROTECT, related_name="assessments", verbose_name=_("figures")
    )
    proposals = models.TextField(_("proposed changes"), max_length=LONGEST_TEXT, blank=True)

    objects = AssessmentQuerySet.as_manager()
    retention = KeptWith("report")
    frozen = When(status=("submitted",))

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["report", "number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="assessment_number"),
            models.UniqueConstraint(
                fields=["report"], name="assessment_one_draft", condition=Q(status="draft")
            ),
            submitted_text_is_signed("submitted_assessment_is_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.report} · {self.number}"

    @property
    def days_late(self) -> int:
        """How many days after the report was due it was submitted; 0: in time, or no due date."""
        if self.submitted_on is None or self.report.due_on is None:
            return 0
        return max((self.submitted_on - self.report.due_on).days, 0)


class ReplyQuerySet(ProviderScopedQuerySet):
    """Replies, by the contract's provider, who reads them once they are submitted."""

    provider_path = "assessment__report__contract__provider"
    needed = "jobs.view_report"

    def within(self, reach):
        """Return all for the commissioning body's staff, to the provider what is submitted."""
        if reach.everything:
            return super().within(reach)
        own = self.condition(Reach(bodies=reach.bodies))
        submitted = Q(status=Reply.Status.SUBMITTED)
        return super().within(reach).filter(own | submitted)

    def submitted(self):
        """Return those that were submitted."""
        return self.filter(status=Reply.Status.SUBMITTED)


class Reply(ReportText):
    """What the commissioning body says to an assessment (Stellungnahme)."""

    assessment = models.OneToOneField(Assessment, models.PROTECT, related_name="reply")

    objects = ReplyQuerySet.as_manager()
    retention = KeptWith("assessment")
    frozen = When(status=("submitted",))

    class Meta:
        verbose_name = _("reply to an assessment")
        verbose_name_plural = _("replies to assessments")
        ordering = ["assessment"]
        constraints = [submitted_text_is_signed("submitted_reply_is_signed")]

    def __str__(self) -> str:
        return f"{self.assessment}"
