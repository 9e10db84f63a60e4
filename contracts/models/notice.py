"""Notice and immediate termination of a contract."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.reasons import ReasonField
from base.retention import KeptWith
from contracts.models.contract import Contract
from contracts.models.organisation import Organisation, ProviderScopedQuerySet


class NoticeQuerySet(ProviderScopedQuerySet):
    """Notices, by the contract's provider."""

    provider_path = "contract__provider"
    needed = "contracts.view_contract"


class Notice(Tracked):
    """A party ends the contract: with notice to its term's end, or at once with reasons (A1-50)."""

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

    objects = NoticeQuerySet.as_manager()
    retention = KeptWith("contract")

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
        ]

    def __str__(self) -> str:
        return f"{self.contract.number} · {self.received_on}"
