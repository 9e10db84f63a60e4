"""The record of scheduled work: whether a job ran for a period, and who may decide when."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.retention import FOR_EVER, OPERATION, Retention
from base.scoping import ScopedQuerySet
from contracts.models import Contract
from contracts.reach import Reach, reach_of


class JobRunQuerySet(ScopedQuerySet):
    """Runs, whose outcome names contracts of all providers and what they are paid."""

    def visible_to(self, user, *permissions):
        """Return to a commissioning body's staff the runs for all contracts and for its own.

        What a run for all contracts made, and where it failed, is for `outcome_for` to narrow.
        """
        reach = reach_of(user, *self.asked(permissions))
        if reach.everything:
            return self
        if not reach.bodies:
            return self.none()
        own = Contract.objects.within(Reach(bodies=reach.bodies)).order_by().values("number")
        return self.filter(models.Q(scope="") | models.Q(scope__in=own))


class JobRun(models.Model):
    """One job for one period and scope. The row decides whether it runs; it is its own log.

    `scope` is empty for all contracts or names one. A run whose heartbeat has stopped belongs to
    a killed process and may be taken over.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    job = models.CharField(_("job"), max_length=60)
    period = models.CharField(_("period"), max_length=30)
    scope = models.CharField(_("scope"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    holder = models.CharField(_("process"), max_length=100, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    outcome = models.JSONField(_("outcome"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("started by"),
        help_text=_("Empty: by the schedule or on the command line."),
    )

    objects = JobRunQuerySet.as_manager()
    untracked_because = "A job run is the log of itself."
    retention = Retention(1, after="it has finished", basis=OPERATION)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["job", "period", "scope"], name="job_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.period} {self.scope}".strip()

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("run", args=[self.pk])

    @property
    def is_active(self) -> bool:
        """Whether it waits for a worker or is being carried out."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING)


class Lease(models.Model):
    """Who may schedule. A holder that stops renewing loses it to the next."""

    name = models.CharField(_("name"), max_length=60, primary_key=True)
    holder = models.CharField(_("process"), max_length=100)
    heartbeat_at = models.DateTimeField(_("last sign of life"))

    untracked_because = "Renewed every few seconds; says nothing about anything but processes."
    unscoped_because = "Names processes, no contracts and no persons."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
