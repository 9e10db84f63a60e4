"""Marks of what changed about a contract, for which days: where runs have to look again."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.retention import FOR_EVER
from contracts.models.contract import Contract


class ChangeMark(models.Model):
    """Something that statements or reports read was written: for these days of a contract, or all.

    `reports_only` says that no statement reads it. Appended by triggers (`base.marking`) in the
    transaction of the write, and gone when a run has noted what to compute again (`jobs.marks`).
    """

    contract = models.ForeignKey(
        # Without a constraint: what is marked last goes with its contract.
        Contract,
        models.PROTECT,
        related_name="+",
        null=True,
        db_constraint=False,
    )
    first = models.DateField(_("from"), default=date.min)
    last = models.DateField(_("until"), default=date.max)
    reports_only = models.BooleanField(_("reports only"), default=False, db_default=False)

    untracked_because = "A queue: a row goes when what it marks was noted; the write is recorded."
    unscoped_because = "Says of a contract only that something changed; nobody reads it."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("change mark")
        verbose_name_plural = _("change marks")

    def __str__(self) -> str:
        return f"{self.contract_id} {self.first}–{self.last}"
