"""What a provider proposes to change of a contract, and what became of it (A1-51)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.immutability import Kept
from base.reasons import ReasonField
from base.retention import KeptWith
from contracts.models.contract import Contract, ContractEdition
from contracts.reach import ProviderScopedQuerySet


class ChangeProposalQuerySet(ProviderScopedQuerySet):
    """Proposals, by the contract's provider."""

    provider_path = "contract__provider"

    def open(self):
        """Return those that wait for an answer."""
        return self.filter(state=ChangeProposal.State.OPEN)


class ChangeProposal(Tracked):
    """A provider's proposal to change a contract; what was sent stays as it was sent.

    `part` names what it is about in `read_edition`, the one in force then: "clauses.§ 4", empty
    for the whole contract; `part_label` is what that was called.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        TAKEN_UP = "taken_up", _("taken up")
        DECLINED = "declined", _("declined")
        TAKEN_BACK = "taken_back", _("taken back")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="proposals")
    read_edition = models.ForeignKey(
        ContractEdition, models.PROTECT, related_name="+", verbose_name=_("edition")
    )
    part = models.CharField(_("key of the part"), max_length=400, blank=True)
    part_label = models.TextField(_("about"), blank=True)
    change = models.TextField(_("what is to change"), max_length=4000)
    reason = ReasonField(_("why"), max_length=4000)
    applies_from = models.DateField(_("from when"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    made_at = models.DateTimeField(_("proposed on"))
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.OPEN, db_index=True
    )
    answer = models.TextField(_("answer"), max_length=4000, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered on"), null=True, blank=True)

    objects = ChangeProposalQuerySet.as_manager()
    retention = KeptWith("contract")
    frozen = Kept(
        *("contract", "read_edition", "part", "part_label", "change", "reason", "applies_from"),
        *("made_by", "made_at"),
    )

    class Meta:
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="proposal_has_words",
                condition=~Q(change="") & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="proposal_is_answered_by_somebody",
                condition=Q(state="open", answer="", answered_by=None, answered_at=None)
                | (~Q(state="open") & Q(answered_by__isnull=False) & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="proposal_is_declined_with_a_reason",
                condition=~Q(state="declined") | ~Q(answer=""),
                violation_error_message=_("Please say why the proposal is declined."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.number} · {self.part_label or _('the whole contract')}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state == self.State.OPEN
