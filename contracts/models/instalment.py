"""Instalments: what was paid in advance for a period."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import Ends, NotAhead
from base.history import Tracked
from base.marking import Marks
from base.retention import KeptWith
from contracts.models.closed_year import ClosedYear
from contracts.models.contract import Contract
from contracts.reach import ProviderScopedQuerySet


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
            NotAhead("paid_on", name="instalment_is_paid_by_now"),
            Ends("period_last", begins="period_first", name="instalment_period"),
        ]

    def clean(self):
        """Refuse less than nothing, days that cannot be, and payments in a year that is closed.

        A new one is more than nothing; what was there stays as it is.
        """
        if None in (self.amount, self.paid_on, self.period_first, self.period_last):
            return
        stored = self.pk and Instalment.objects.filter(pk=self.pk).first()
        if not (stored or self.amount):
            raise ValidationError({"amount": _("An instalment of nothing is none.")})
        if self.amount < 0:
            raise ValidationError({"amount": _("An instalment is not less than nothing.")})
        if not stored or stored.paid_on != self.paid_on:
            try:
                ClosedYear.objects.require_open(self.contract.commissioning_body_id, self.paid_on)
            except ValidationError as closed:
                raise ValidationError({"paid_on": closed}) from closed
        if not stored or _days(stored) != _days(self):
            self._require_plausible()

    def _require_plausible(self) -> None:
        # What contracts oblige to is read from their models.
        from contracts.billing import Period
        from contracts.models.rules.payment_days import require_plausible

        # That a time ends before it begins is for the constraint to say.
        if self.period_first <= self.period_last:
            period = Period(self.period_first, self.period_last)
            require_plausible(self.contract, self.paid_on, period)

    def __str__(self) -> str:
        return self.reference


def _days(row: Instalment) -> tuple:
    return row.paid_on, row.period_first, row.period_last
