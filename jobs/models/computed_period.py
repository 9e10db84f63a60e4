"""What runs have looked at: for which periods statements and reports are as their facts are."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.retention import KeptWith
from contracts.billing import Period
from contracts.models import Contract

STATEMENTS = "statements"


class ComputedPeriod(models.Model):
    """A period of a contract for which a statement was computed, or found not to be due.

    Or a report: `kind` is `STATEMENTS`, or the kind of the report. `reads_from` is the first day
    whose facts it rests on: what is agreed per year reads from the year's first day. `outdated`
    says that something on one of its days was written since (`jobs.marks`). `due` says whether the
    contract is billed, or reports, for it at all, `findings` what the computation had to tell.
    `instead` holds the first and last days of what a run for it computes in its place, where a
    rhythm begins or ends inside; it is empty where the period itself is computed, and None where
    that was done, but no run for it has looked at what to compute instead. `forgotten_on` is the
    day on which a spot check found it different though nothing had marked it.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=40, default=STATEMENTS, db_default=STATEMENTS)
    period_first = models.DateField(_("from"))
    period_last = models.DateField(_("until"))
    reads_from = models.DateField(_("reads from"))
    due = models.BooleanField(_("due"), default=True)
    outdated = models.BooleanField(_("outdated"), default=False)
    findings = models.JSONField(_("findings"), default=list, blank=True)
    instead = models.JSONField(_("billed instead"), default=list, null=True, blank=True)
    forgotten_on = models.DateField(_("found different on"), null=True, blank=True)

    untracked_because = "Follows from statements and marks; a full computation says the same."
    unscoped_because = "Says of a contract only which periods were computed; runs read it."
    retention = KeptWith("contract")

    class Meta:
        verbose_name = _("computed period")
        verbose_name_plural = _("computed periods")
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind", "period_first", "period_last"],
                name="period_computed_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["contract", "kind", "period_first", "period_last"],
                name="period_outdated",
                condition=models.Q(outdated=True),
            ),
            models.Index(fields=["kind", "period_first", "period_last"], name="period_computed"),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.period}"

    @property
    def period(self) -> Period:
        """The period that was computed."""
        return Period(self.period_first, self.period_last)
