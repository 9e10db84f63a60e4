"""A draft put before both parties for signature, and what each of them confirmed to have signed.

Contracts are concluded in writing (§ 56 SGB X): what counts is the signed paper. What is kept here
is that people say they signed just this text, and where the paper lies.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base import formats
from base.acting import current_actor, current_time
from base.content import read_frozen
from base.ends import NotAhead
from base.history import Tracked
from base.immutability import Kept
from base.reasons import ReasonField
from base.retention import KeptWith
from base.seals import seal_of
from contracts.content import ContractContent
from contracts.models.contract import Contract, ContractEdition
from contracts.models.organisation import Organisation
from contracts.reach import ProviderScopedQuerySet, reach_of

SIGN = "contracts.add_confirmedsignature"
PRESENT = "contracts.add_signing"

signing_ended = Signal()
"""Sent with a signing that came to an end."""


class SigningQuerySet(ProviderScopedQuerySet):
    """Signings, by the contract's provider."""

    provider_path = "contract__provider"

    def standing(self):
        """Return those that wait for signatures, or for the edition to be published."""
        return self.filter(ended_at=None)

    def counted(self):
        """Annotate how many signatures each party has confirmed."""
        return self.annotate(
            given_by_body=_given_by("contract__commissioning_body"),
            given_by_provider=_given_by("contract__provider"),
        )

    def complete(self):
        """Return those whose signatures are all confirmed."""
        return self.counted().filter(
            given_by_body__gte=F("needed_of_body"), given_by_provider__gte=F("needed_of_provider")
        )

    def incomplete(self):
        """Return those of which a party has to confirm more."""
        return self.counted().filter(
            Q(given_by_body__lt=F("needed_of_body"))
            | Q(given_by_provider__lt=F("needed_of_provider"))
        )

    def awaiting(self, user):
        """Return those that the person can still confirm to have signed for their own party."""
        reach = reach_of(user, "contracts.view_signing", SIGN)
        of_body = Q(
            contract__commissioning_body__in=sorted(reach.bodies),
            given_by_body__lt=F("needed_of_body"),
        )
        of_provider = Q(
            contract__provider__in=sorted(reach.providers),
            given_by_provider__lt=F("needed_of_provider"),
        )
        confirmed = ConfirmedSignature.objects.filter(confirmed_by=user).values("signing")
        return self.standing().counted().filter(of_body | of_provider).exclude(pk__in=confirmed)


def _given_by(party: str):
    given = ConfirmedSignature._base_manager.filter(signing=OuterRef("pk"), party=OuterRef(party))
    number = given.order_by().values("signing").annotate(n=models.Count("pk")).values("n")
    return Coalesce(Subquery(number), 0)


class Signing(Tracked):
    """A contract's draft as it was put before both parties for signature.

    `content` is the text that is signed, without signatures, `amends` the edition before it.
    Another text ends the signing: what was confirmed is kept, and counts no more.
    """

    class Ending(models.TextChoices):
        CONCLUDED = "concluded", _("published")
        CHANGED = "changed", _("draft changed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signings")
    revision = models.PositiveBigIntegerField(
        _("revision"), help_text=_("Number of the draft's revision that was presented.")
    )
    applies_from = models.DateField(_("applies from"))
    content = models.JSONField(_("content"))
    amends = models.ForeignKey(
        ContractEdition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("edition before"),
    )
    needed_of_body = models.PositiveSmallIntegerField(_("signatures of the commissioning body"))
    needed_of_provider = models.PositiveSmallIntegerField(_("signatures of the provider"))
    seal = models.CharField(_("seal"), max_length=64, editable=False)
    presented_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("presented by"),
    )
    presented_at = models.DateTimeField(_("presented on"))
    ending = models.CharField(_("outcome"), max_length=10, choices=Ending, blank=True)
    ended_at = models.DateTimeField(_("ended on"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )
    became = models.ForeignKey(
        ContractEdition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signings",
        verbose_name=_("edition"),
        help_text=_("What became of it."),
    )
    reason = ReasonField(_("reason"), max_length=2000, blank=True, default="")

    objects = SigningQuerySet.as_manager()
    retention = KeptWith("contract")
    frozen = Kept(
        "contract",
        "revision",
        "applies_from",
        "content",
        "amends",
        "needed_of_body",
        "needed_of_provider",
        "seal",
        "presented_by",
        "presented_at",
    )

    class Meta:
        verbose_name = _("draft presented for signature")
        verbose_name_plural = _("drafts presented for signature")
        ordering = ["-presented_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                condition=Q(ended_at=None),
                name="one_standing_signing_of_a_contract",
            ),
            models.CheckConstraint(
                name="signing_that_ended_says_how",
                condition=Q(ended_at=None, ending="", became=None, reason="")
                | (Q(ended_at__isnull=False) & ~Q(ending="")),
            ),
            models.CheckConstraint(
                name="signing_became_an_edition_when_concluded",
                condition=(Q(became=None) & ~Q(ending="concluded"))
                | (Q(became__isnull=False) & ~Q(ending__in=["", "changed", "withdrawn"])),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.number} · {formats.day(timezone.localdate(self.presented_at))}"

    @classmethod
    def of(cls, draft: Contract, *, by) -> "Signing":
        """Return an unsaved signing of a draft as it is. Raises ValidationError as `content`."""
        text = unsigned(draft.content())
        signing = cls(
            contract=draft,
            revision=draft.latest_revision_id,
            applies_from=draft.applies_from,
            content=text.model_dump(mode="json"),
            amends=draft.editions.order_by("-number").first(),
            needed_of_body=text.body_signatures,
            needed_of_provider=text.provider_signatures,
            presented_by=by,
            presented_at=current_time(),
        )
        signing.seal = seal_of(signing.sealed())
        return signing

    def sealed(self) -> dict:
        """Return what the seal covers: the text, whose it is, and who presented it when."""
        return {
            field.attname: getattr(self, field.attname)
            for field in map(self._meta.get_field, self.frozen.names)
            if field.name != "seal"
        }

    @property
    def data(self) -> ContractContent:
        """The text as its content model."""
        return read_frozen(ContractContent, self.content)

    @property
    def named(self) -> str:
        """Number and title of the contract as the text says it: a draft can have a new title."""
        return f"{self.contract.number} {self.content['title']}"

    @property
    def before(self) -> ContractContent | None:
        """The text it amends, likewise without signatures; None for a first edition."""
        return unsigned(self.amends.data) if self.amends else None

    def says(self, applies_from, content: ContractContent) -> bool:
        """Whether content is the text that was presented, from the same day."""
        return self.applies_from == applies_from and self.data == unsigned(content)

    def standing_of(self, party: Organisation) -> tuple[int, int]:
        """Return how many signatures a party has confirmed, and how many it needs."""
        of_body = party.pk == self.contract.commissioning_body_id
        given = self.signatures.filter(party=party).count()
        return given, self.needed_of_body if of_body else self.needed_of_provider

    @property
    def is_complete(self) -> bool:
        """Whether all signatures that were agreed are confirmed."""
        return Signing.objects.complete().filter(pk=self.pk).exists()

    def end(self, ending: str, *, by=None, edition=None, reason: str = "") -> bool:
        """End it, unless it has ended; tell whoever listens. Return whether it stood."""
        with transaction.atomic():
            rows = type(self)._base_manager.select_for_update(of=("self",))
            if not rows.filter(pk=self.pk, ended_at=None).exists():
                return False
            self.ending, self.became, self.reason = ending, edition, reason.strip()
            self.ended_at, self.ended_by = current_time(), by or current_actor()
            self.save()
            signing_ended.send(sender=type(self), signing=self)
        return True

    def end_if_changed(self, draft: Contract, *, by=None) -> None:
        """End it where the draft no longer says what was presented."""
        try:
            changed = not self.says(draft.applies_from, draft.content())
        except ValidationError:
            changed = True
        if changed:
            self.end(self.Ending.CHANGED, by=by)


def unsigned(content: ContractContent) -> ContractContent:
    """Return content without signatures: what is signed."""
    return content.model_copy(update={"signatures": ()})


class ConfirmedSignatureQuerySet(ProviderScopedQuerySet):
    """Confirmed signatures, by the contract's provider."""

    provider_path = "signing__contract__provider"
    needed = "contracts.view_signing"


class ConfirmedSignature(Tracked):
    """Somebody confirms to have signed for a party, and says where the signed paper is kept."""

    signing = models.ForeignKey(Signing, models.PROTECT, related_name="signatures")
    party = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("party")
    )
    function = models.CharField(_("signed as"), max_length=300)
    signed_on = models.DateField(_("signed on"))
    evidence = models.CharField(_("evidence"), max_length=300)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed on"))

    objects = ConfirmedSignatureQuerySet.as_manager()
    retention = KeptWith("signing")
    frozen = Kept(
        "signing", "party", "function", "signed_on", "evidence", "confirmed_by", "confirmed_at"
    )

    class Meta:
        verbose_name = _("confirmed signature")
        verbose_name_plural = _("confirmed signatures")
        ordering = ["confirmed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["signing", "confirmed_by"],
                name="signature_once_for_each_person",
                violation_error_message=_("You have confirmed your signature already."),
            ),
            NotAhead("signed_on", name="signature_is_given_by_now"),
        ]

    def __str__(self) -> str:
        return f"{self.party} · {formats.day(self.signed_on)}"
