"""Reports on a contract's work: computed by a job, kept in versions, never rewritten."""

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.ends import Ends
from base.history import Tracked
from base.immutability import Always
from base.retention import BOOKS, KeptWith, Retention
from base.seals import seal_of
from contracts.billing import Period
from contracts.models import Contract
from contracts.reach import ProviderScopedQuerySet


class ReportQuerySet(ProviderScopedQuerySet):
    """Reports, by the contract's provider."""

    provider_path = "contract__provider"

    def with_state(self):
        """Add what has become of each report, in one query whatever the number of rows.

        `version_number` and `version_id` of the newest figures; `submitted_on` and
        `assessed_version` of the newest assessment that was submitted; `answered_on` of the reply
        to it; `state`, one of `Report.State`.
        """
        newest = ReportVersion.objects.filter(report=OuterRef("pk")).order_by("-number")
        texts = apps.get_model("jobs", "Assessment").objects.submitted()
        last = texts.filter(report=OuterRef("pk")).order_by("-number")
        return self.annotate(
            version_number=Subquery(newest.values("number")[:1]),
            version_id=Subquery(newest.values("pk")[:1]),
            submitted_on=Subquery(last.values("submitted_on")[:1]),
            assessed_version=Subquery(last.values("figures__number")[:1]),
            # A reply that is still a draft has no date.
            answered_on=Subquery(last.values("reply__submitted_on")[:1]),
        ).annotate(
            state=Case(
                When(submitted_on=None, then=Value(Report.State.OPEN)),
                When(~Q(assessed_version=F("version_number")), then=Value(Report.State.CHANGED)),
                When(answered_on=None, then=Value(Report.State.SUBMITTED)),
                default=Value(Report.State.ANSWERED),
                output_field=models.CharField(choices=Report.State.choices),
            )
        )


class Report(Tracked):
    """A report a contract owes for a period, with the day it is due (Bericht)."""

    class State(models.TextChoices):
        """What a report waits for; follows from its texts, see `with_state`."""

        OPEN = "open", _("assessment is missing")
        CHANGED = "changed", _("figures have changed")
        SUBMITTED = "submitted", _("reply is missing")
        ANSWERED = "answered", _("answered")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="reports")
    kind = models.CharField(_("kind"), max_length=40)
    period_first = models.DateField(_("from"))
    period_last = models.DateField(_("until"))
    due_on = models.DateField(_("due on"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()
    retention = Retention(10, after="the period it is about has ended", basis=BOOKS)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["contract", "period_first", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "period_first", "period_last"], name="report_once"
            ),
            Ends("period_last", begins="period_first", name="report_period"),
        ]

    def __str__(self) -> str:
        return f"{self.contract.number} {self.period}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("report", args=[self.pk])

    @property
    def period(self) -> Period:
        """The period the report is about."""
        return Period(self.period_first, self.period_last)

    def current(self):
        """Return the newest version, or None."""
        return self.versions.order_by("-number").first()


class ReportVersionQuerySet(ProviderScopedQuerySet):
    """Report versions, by the contract's provider."""

    provider_path = "report__contract__provider"
    needed = "jobs.view_report"

    def newest(self):
        """Keep the newest version of each report."""
        later = ReportVersion.objects.filter(
            report=OuterRef("report"), number__gt=OuterRef("number")
        )
        return self.filter(~Exists(later))


class ReportVersion(models.Model):
    """The figures of a report as computed at one time; later knowledge makes the next version."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    computed_at = models.DateTimeField(_("computed at"))
    seal = models.CharField(_("seal"), max_length=64, editable=False)

    objects = ReportVersionQuerySet.as_manager()
    retention = KeptWith("report")
    frozen = Always()

    class Meta:
        verbose_name = _("report version")
        verbose_name_plural = _("report versions")
        ordering = ["report", "number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.report} · {self.number}"

    def sealed(self) -> dict:
        """Return what the seal covers: every column but the key and the seal."""
        return {
            "report": self.report_id,
            "number": self.number,
            "content": self.content,
            "computed_at": self.computed_at,
        }

    def problems(self) -> list[str]:
        """Return what differs from the moment of computing."""
        if seal_of(self.sealed()) != self.seal:
            return [f"report version {self.pk}: content does not match its seal"]
        return []
