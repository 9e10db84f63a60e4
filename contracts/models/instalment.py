"""Instalments: what was paid in advance for a period."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import Ends
from base.history import Tracked
from base.marking import Marks
from base.retention import KeptWith
from contracts.models.closed_year import ClosedYear
from contracts.models.contract import Contract
from contracts.models.organisation import ProviderScopedQuerySet


class InstalmentQuerySet(ProviderScopedQuerySet):
    """Instalments, by the contract's provider."""

    provider_path = "contract__provider"


class Instalment(Tracked):
    """A payment on account (Abschlag), settled in the statement of its period (D19)."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="instalments")
    reference = models.CharField(_("reference"), max_length=80)
    paid_on = models.DateField(_("paid on"))
    amount = models.DecimalField(_("amount in EUR"), max_digits=12, decimal_places=2)
    period_first = models.DateField(_("for the period from"))
    period_last = models.DateField(_("until"))

    objects = InstalmentQuerySet.as_manager()
    retention = KeptWith("contract")
    # Which statement settles it hangs on the contract's first and last day, too.
    marks = Marks("contracts.ChangeMark", contract="contract")

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["paid_on", "reference"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="instalment_reference"),
            Ends("period_last", begins="period_first", name="instalment_period"),
        ]

    def clean(self):
        """Refuse a payment dated in a year whose books are closed; one that was there stays."""
        stored = Instalment.objects.filter(pk=self.pk, paid_on=self.paid_on)
        if self.paid_on and not (self.pk and stored.exists()):
            try:
                ClosedYear.objects.require_open(self.contract.commissioning_body_id, self.paid_on)
            except ValidationError as closed:
                raise ValidationError({"paid_on": closed}) from closed

    def __str__(self) -> str:
        return self.reference
