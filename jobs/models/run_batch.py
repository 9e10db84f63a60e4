"""Some of the contracts of a run that is being carried out: what one worker does at a time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.retention import KeptWith
from jobs.models.job_run import JobRun


class RunBatch(models.Model):
    """A batch of a run, as long as the run lasts; `outcome` is what came of it, None: not done.

    Who locks the row is at it (`jobs.batches`). Of an earlier `attempt` of the run, nobody is.
    """

    run = models.ForeignKey(JobRun, models.PROTECT, related_name="batches", verbose_name=_("run"))
    attempt = models.PositiveIntegerField(_("attempt"))
    contracts = models.JSONField(_("contracts"))
    size = models.PositiveIntegerField(_("number of contracts"))
    outcome = models.JSONField(_("outcome"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    untracked_because = "Gone when its run has ended, which keeps what came of it."
    unscoped_because = "Read by workers alone; people see the outcome of the run."
    retention = KeptWith("run")

    class Meta:
        verbose_name = _("batch of a run")
        verbose_name_plural = _("batches of runs")

    def __str__(self) -> str:
        return f"{self.run_id} {self.attempt}: {self.size}"
