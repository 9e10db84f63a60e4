"""The log of the one way past frozen rows."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.immutability import ClosedOnce
from base.reasons import ReasonField
from base.retention import FOR_EVER


class GateOpening(models.Model):
    """One use of `base.immutability.opened_gate`: while `closed_at` is empty, triggers let pass.

    The user is a plain number: the log outlives the erasure of who is in it.
    """

    frozen = ClosedOnce("closed_at")
    retention = FOR_EVER

    reason = ReasonField(_("reason"))
    opened_by = models.BigIntegerField(_("opened by"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("gate opening")
        verbose_name_plural = _("gate openings")
        constraints = [
            models.CheckConstraint(name="gate_opening_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="gate_closes_after_opening",
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
            ),
        ]
        indexes = [
            # What every trigger asks; almost always empty.
            models.Index(
                fields=["closed_at"], condition=Q(closed_at=None), name="gate_opening_open"
            )
        ]

    def __str__(self):
        return f"{self.opened_at:%Y-%m-%d %H:%M} {self.reason}"
