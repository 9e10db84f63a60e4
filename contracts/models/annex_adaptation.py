"""Annexes adapted by agreement of both parties, without a new edition of the contract (A1-51)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import formats
from base.comparison import Change
from base.history import Tracked
from base.immutability import Kept
from base.marking import Marks
from base.reasons import ReasonField
from base.retention import KeptWith
from base.seals import seal_of
from cms.models import CatalogueEdition, DescriptionEdition
from contracts.content import Annex
from contracts.content.annexes import parse_annex
from contracts.models.contract import Contract, ContractEdition
from contracts.models.contract_file import ContractFile
from contracts.models.organisation import Organisation
from contracts.models.signing import SIGN
from contracts.reach import ProviderScopedQuerySet, reach_of


class AnnexAdaptationQuerySet(ProviderScopedQuerySet):
    """Adaptations, by the contract's provider."""

    provider_path = "contract__provider"

    def open(self):
        """Return those that a party has to agree to."""
        return self.filter(agreed_at=None, ended_at=None)

    def agreed(self):
        """Return those that count: both parties agreed to them."""
        return self.filter(agreed_at__isnull=False)

    def awaiting(self, user):
        """Return those that the person can agree to for their own party."""
        reach = reach_of(user, "contracts.view_annexadaptation", SIGN)
        of_body = Q(contract__commissioning_body__in=sorted(reach.bodies), body_agreed_by=None)
        of_provider = Q(contract__provider__in=sorted(reach.providers), provider_agreed_by=None)
        return self.open().filter(of_body | of_provider)


def _somebody(label: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=label,
    )


class AnnexAdaptation(Tracked):
    """What an annex says from a day on, as both parties agree.

    `before` and `content` are the annex as a whole, as it is without it on that day and with it.
    It is agreed of the annex as `read_edition` has it, and counts for that edition and those after
    it whose annex is the same. Nothing of it changes once it is sent.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="adaptations")
    read_edition = models.ForeignKey(
        ContractEdition, models.PROTECT, related_name="+", verbose_name=_("edition")
    )
    annex = models.CharField(_("annex"), max_length=60)
    before = models.JSONField(_("before"))
    content = models.JSONField(_("content"))
    applies_from = models.DateField(_("applies from"))
    reason = ReasonField(_("why"), max_length=2000)
    catalogue_edition = models.ForeignKey(
        CatalogueEdition,
        models.PROTECT,
        related_name="adapted_to",
        null=True,
        blank=True,
        verbose_name=_("edition of the catalogue"),
    )
    description_edition = models.ForeignKey(
        DescriptionEdition,
        models.PROTECT,
        related_name="adapted_to",
        null=True,
        blank=True,
        verbose_name=_("edition of the description"),
    )
    file = models.ForeignKey(
        ContractFile,
        models.PROTECT,
        related_name="adapted_to",
        null=True,
        blank=True,
        verbose_name=_("file"),
    )
    seal = models.CharField(_("seal"), max_length=64, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed on"))
    body_agreed_by = _somebody(_("agreed for the commissioning body by"))
    body_agreed_at = models.DateTimeField(
        _("agreed for the commissioning body on"), null=True, blank=True
    )
    provider_agreed_by = _somebody(_("agreed for the provider by"))
    provider_agreed_at = models.DateTimeField(
        _("agreed for the provider on"), null=True, blank=True
    )
    agreed_at = models.DateTimeField(_("agreed on"), null=True, blank=True)
    ended_by = _somebody(_("taken back by"))
    ended_at = models.DateTimeField(_("taken back on"), null=True, blank=True)

    objects = AnnexAdaptationQuerySet.as_manager()
    retention = KeptWith("contract")
    frozen = Kept(
        *("contract", "read_edition", "annex", "before", "content", "applies_from", "reason"),
        *("catalogue_edition", "description_edition", "file"),
        *("seal", "proposed_by", "proposed_at"),
    )
    # Reports name things as the catalogues of their last day do; money hangs on editions alone.
    marks = Marks(
        "contracts.ChangeMark", contract="contract", first="applies_from", reports_only=True
    )

    class Meta:
        verbose_name = _("adaptation of an annex")
        verbose_name_plural = _("adaptations of annexes")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "annex"],
                condition=Q(agreed_at=None, ended_at=None),
                name="one_open_adaptation_of_an_annex",
                violation_error_message=_("Another adaptation of this annex waits for agreement."),
            ),
            models.CheckConstraint(
                name="adaptation_is_agreed_by_both",
                condition=Q(agreed_at=None)
                | Q(body_agreed_by__isnull=False, provider_agreed_by__isnull=False, ended_at=None),
            ),
            models.CheckConstraint(
                name="adaptation_agreed_by_somebody_at_some_time",
                condition=Q(body_agreed_by=None, body_agreed_at=None)
                | Q(body_agreed_by__isnull=False, body_agreed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="adaptation_agreed_for_the_provider_at_some_time",
                condition=Q(provider_agreed_by=None, provider_agreed_at=None)
                | Q(provider_agreed_by__isnull=False, provider_agreed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.number} · {self.part.label} · {formats.day(self.applies_from)}"

    @property
    def part(self) -> Annex:
        """The annex as it will read."""
        return parse_annex(self.content)

    @property
    def changes(self) -> list[Change]:
        """What the annex says otherwise than before."""
        from contracts.comparison import compare_contracts

        whole, parts = self.read_edition.data, (parse_annex(self.before), self.part)
        return compare_contracts(*(whole.model_copy(update={"annexes": (part,)}) for part in parts))

    @property
    def is_open(self) -> bool:
        """Whether a party has to agree to it."""
        return self.agreed_at is None and self.ended_at is None

    def sealed(self) -> dict:
        """Return what the seal covers: what was agreed, from when, and who proposed it when."""
        return {
            field.attname: getattr(self, field.attname)
            for field in map(self._meta.get_field, self.frozen.names)
            if field.name != "seal"
        }

    def sign(self) -> None:
        """Seal what is proposed."""
        self.seal = seal_of(self.sealed())

    def agree(self, party: Organisation, *, by, at) -> None:
        """Note that a party agrees; with both it counts. Raises ValidationError where it did."""
        side = "body" if party.pk == self.contract.commissioning_body_id else "provider"
        if getattr(self, f"{side}_agreed_by") is not None:
            raise ValidationError(_("%(party)s has agreed already."), params={"party": party.name})
        setattr(self, f"{side}_agreed_by", by)
        setattr(self, f"{side}_agreed_at", at)
        if self.body_agreed_by and self.provider_agreed_by:
            self.agreed_at = at
