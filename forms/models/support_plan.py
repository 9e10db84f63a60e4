"""The support plan (Hilfeplan): what it grants to a case, for a time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import Ends, NotBefore
from base.history import Tracked
from base.marking import Marks
from base.retention import KeptWith
from forms.models.case import ASSIGNED, Case, CaseRowQuerySet


class SupportPlan(Tracked):
    """What the support plan (Hilfeplan) grants: a scope in hours per month, for a time (A1-10)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="support_plans")
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    hours_per_month = models.DecimalField(_("hours per month"), max_digits=6, decimal_places=2)

    objects = CaseRowQuerySet.as_manager()
    retention = KeptWith("case")
    marks = Marks(
        "contracts.ChangeMark", contract="case__contract", first="valid_from", last="valid_until"
    )

    class Meta:
        verbose_name = _("support plan")
        verbose_name_plural = _("support plans")
        ordering = ["case", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["case", "valid_from"], name="support_plan_per_day"),
            Ends("valid_until", begins="valid_from", name="support_plan_ends_after_start"),
            NotBefore("valid_from", since=ASSIGNED, name="support_plan_begins_in_its_case"),
        ]

    def __str__(self) -> str:
        return f"{self.hours_per_month} h ({self.valid_from})"
