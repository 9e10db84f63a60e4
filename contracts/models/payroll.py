"""Payroll lines: what the provider actually paid for the staff the contract funds."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.ends import require_past
from base.facts import Fact
from base.marking import Marks
from base.retention import KeptWith
from contracts.models.contract import Contract
from contracts.reach import ProviderScopedQuerySet


class PayrollLineQuerySet(ProviderScopedQuerySet):
    """Payroll lines, by the contract's provider."""

    provider_path = "contract__provider"


class PayrollLine(Fact):
    """An amount of personnel cost with its evidence (Gehaltsnachweis).

    Amounts are employer's gross in EUR, social security and pension fund included (D3); lines not
    marked eligible are kept and not reimbursed.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="payroll_lines")
    day = models.DateField(_("day"), help_text=_("The day the cost belongs to."))
    cost_kind = models.SlugField(_("kind of cost"), max_length=60)
    label = models.CharField(_("label"), max_length=200)
    amount = models.DecimalField(_("amount in EUR"), max_digits=12, decimal_places=2)
    eligible = models.BooleanField(_("eligible"), default=True)
    evidence = models.CharField(_("evidence"), max_length=300, blank=True)

    objects = PayrollLineQuerySet.as_manager()
    retention = KeptWith("contract")
    marks = Marks("contracts.ChangeMark", contract="contract", first="day", last="day")

    class Meta:
        verbose_name = _("payroll line")
        verbose_name_plural = _("payroll lines")
        ordering = ["day", "reference"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "reference"], name="payroll_reference")
        ]
        indexes = [models.Index(fields=["contract", "day"], name="payroll_by_day")]

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("payroll-line", args=[self.pk])

    @classmethod
    def rules(cls, facts):
        """Refuse lines that nobody would pay.

        Those of nothing, of days to come, of a kind that nobody agreed to reimburse, and of days
        on which the contract is not in force. What is charged is what was paid. That a line has a
        kind is no agreement: it would allow itself.
        """
        # What contracts oblige to is read from their models.
        from contracts.cost_kinds import agreed_cost_kinds
        from contracts.dates.in_force import InForce

        contracts = {line.contract_id for line in facts}
        in_force, kinds = InForce(contracts), agreed_cost_kinds(contracts)

        def obey(line: PayrollLine) -> None:
            if line.status != Fact.Status.SUBMITTED or line.superseded:
                return
            if not line.amount:
                raise ValidationError({"amount": _("A payroll line of nothing is none.")})
            require_past(line.day, at="day")
            in_force.require(line.contract_id, line.day, known_on=line.known_on)
            if line.cost_kind not in (agreed := kinds[line.contract_id]):
                _refuse_kind(line, agreed)

        return obey


def _refuse_kind(line: PayrollLine, agreed: set[str]) -> None:
    message = _("Contract %(number)s reimburses no costs of the kind %(kind)s; allowed: %(kinds)s.")
    params = {
        "number": line.contract.number,
        "kind": line.cost_kind,
        "kinds": ", ".join(sorted(agreed)) or "–",
    }
    raise ValidationError({"cost_kind": ValidationError(message, params=params)})
