"""The agreement on a phase of a case, without which it does not begin."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import NotAhead, NotBefore
from base.history import Tracked
from base.retention import KeptWith
from forms.models.case import ASSIGNED, Case, CaseRowQuerySet


class PhaseAgreement(Tracked):
    """The separate agreement that a gated phase of the case's catalogue begins with (A1-53)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="phase_agreements")
    phase = models.CharField(_("phase"), max_length=60)
    agreed_on = models.DateField(_("agreed on"))
    note = models.CharField(_("remark"), max_length=500, blank=True)

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")

    class Meta:
        verbose_name = _("phase agreement")
        verbose_name_plural = _("phase agreements")
        ordering = ["case", "agreed_on", "phase"]
        constraints = [
            models.UniqueConstraint(fields=["case", "phase"], name="phase_agreed_once_per_case"),
            NotAhead("agreed_on", name="phase_is_agreed_by_now"),
            NotBefore("agreed_on", since=ASSIGNED, name="phase_is_agreed_in_its_case"),
        ]

    def __str__(self) -> str:
        return f"{self.phase} ({self.agreed_on})"
