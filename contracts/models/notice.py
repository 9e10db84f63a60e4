"""Notice and immediate termination of a contract."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import Ends, NotAhead
from base.history import Tracked
from base.marking import Marks
from base.reasons import ReasonField
from base.retention import KeptWith
from contracts.models.contract import Contract
from contracts.models.organisation import Organisation
from contracts.reach import ProviderScopedQuerySet


class NoticeQuerySet(ProviderScopedQuerySet):
    """Notices, by the contract's provider."""

    provider_path = "contract__provider"
    needed = "contracts.view_contract"

    def standing(self):
        """Return the notices that count: all but those that both parties withdrew."""
        return self.filter(withdrawn_on=None)


class Notice(Tracked):
    """A party ends the contract: with notice to its term's end, or at once with reasons (A1-50).

    Both parties can agree to withdraw it while the contract runs (D48): then it counts no more.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="notices")
    given_by = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("given by")
    )
    received_on = models.DateField(_("received on"), help_text=_("Receipt counts, not posting."))
    extraordinary = models.BooleanField(_("without notice"), default=False)
    ends_on = models.DateField(
        _("ends on"),
        null=True,
        blank=True,
        help_text=_("Only without notice: the contract's last day."),
    )
    reason = ReasonField(_("reasons"), max_length=2000, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    agreed_by_body = models.CharField(
        _("agreed for the commissioning body by"), max_length=200, blank=True, default=""
    )
    agreed_by_provider = models.CharField(
        _("agreed for the provider by"), max_length=200, blank=True, default=""
    )
    withdrawal_reason = ReasonField(
        _("reasons of the withdrawal"), max_length=2000, blank=True, default=""
    )

    objects = NoticeQuerySet.as_manager()
    retention = KeptWith("contract")
    marks = Marks("contracts.ChangeMark", contract="contract")

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["received_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "received_on", "given_by"], name="notice_once"
            ),
            models.CheckConstraint(
                name="immediate_termination_has_reasons",
                condition=models.Q(extraordinary=False, ends_on=None)
                | (models.Q(extraordinary=True, ends_on__isnull=False) & ~models.Q(reason="")),
                violation_error_message=_(
                    "Ending a contract at once needs its last day and reasons."
                ),
            ),
            NotAhead("received_on", name="notice_is_received_by_now"),
            NotAhead("withdrawn_on", name="notice_is_withdrawn_by_now"),
            Ends("withdrawn_on", begins="received_on", name="notice_is_withdrawn_after_receipt"),
            models.CheckConstraint(
                name="notice_is_withdrawn_by_both_parties",
                condition=models.Q(
                    withdrawn_on=None,
                    agreed_by_body="",
                    agreed_by_provider="",
                    withdrawal_reason="",
                )
                | (
                    models.Q(withdrawn_on__isnull=False)
                    & ~models.Q(agreed_by_body="")
                    & ~models.Q(agreed_by_provider="")
                    & ~models.Q(withdrawal_reason="")
                ),
                violation_error_message=_(
                    "Withdrawing a notice needs a person of each party and reasons."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.number} · {self.received_on}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether both parties withdrew it."""
        return self.withdrawn_on is not None
