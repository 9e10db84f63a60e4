"""The contract: its draft, the editions it was concluded and amended in, and what they agree."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from base.blocks import ContentField
from base.editions import Draft, Edition, EditionRow, register_draft
from base.ends import Ends
from base.marking import Marks
from base.retention import BOOKS, KeptWith, Retention
from base.scoping import sees_all_rows
from cms.models import CatalogueEdition, DescriptionEdition
from contracts.billing import BillingError, check_prices
from contracts.content import Annex, ContractContent
from contracts.content import EditionAnnex as EditionAnnexed
from contracts.content.annexes import AMENDMENT
from contracts.content.contract import LONGEST_PAYMENT_DAYS, PAYMENT_DAYS
from contracts.models.contract_file import ContractFile
from contracts.models.organisation import Organisation
from contracts.reach import ProviderScopedQuerySet


class ContractEditionQuerySet(ProviderScopedQuerySet):
    """Contract editions, by the contract's provider."""

    provider_path = "contract__provider"
    needed = "contracts.view_contract"

    def in_force_on(self, day: date):
        """Return editions applying on the day, the one in force first: the highest number wins."""
        return self.filter(applies_from__lte=day).order_by("-number")


class ContractEdition(Edition):
    """A contract as concluded or amended. Money follows the one in force on the day of service."""

    contract = models.ForeignKey("contracts.Contract", models.PROTECT, related_name="editions")

    objects = ContractEditionQuerySet.as_manager()
    retention = KeptWith("contract")
    marks = Marks("contracts.ChangeMark", contract="contract")

    content_model = ContractContent
    subject = "contract"

    class Meta(Edition.Meta):
        verbose_name = _("contract edition")
        verbose_name_plural = _("contract editions")
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="contract_edition_number")
        ]
        indexes = [
            # Lists ask at every page for which contracts clients sign: few or none.
            models.Index(
                fields=["contract"],
                name="contract_edition_signed",
                condition=models.Q(content__records_signed=True),
            )
        ]

    def rows(self):
        """Return clauses, annexes, remuneration terms and duties."""
        data: ContractContent = self.data
        return [
            *(
                EditionClause(
                    edition=self, number=clause.number, title=clause.title, position=position
                )
                for position, clause in enumerate(data.clauses)
            ),
            *(self._annex(annex) for annex in data.annexes),
            *(
                EditionTerms(
                    edition=self,
                    key=terms.key,
                    model=terms.model,
                    label=terms.label,
                    clause=terms.clause,
                    valid_from=terms.valid_from,
                    valid_until=terms.valid_until,
                    settings=terms.model_dump(mode="json"),
                    position=position,
                )
                for position, terms in enumerate(data.remuneration)
            ),
            *(
                EditionDuty(edition=self, key=duty.key, kind=duty.kind, cycle=duty.cycle)
                for duty in data.duties
            ),
        ]

    def _annex(self, annex: Annex):
        return EditionAnnex(
            edition=self,
            key=annex.key,
            label=annex.label,
            valid_from=annex.valid_from,
            valid_until=annex.valid_until,
            adapted_by=annex.adapted_by,
            **named_by(annex, self.contract.commissioning_body_id),
        )


def named_by(annex: Annex, body: int) -> dict[str, models.Model]:
    """Return the row that an annex names, by the column that keeps it; nothing where it has words.

    Files are those of a commissioning body, given by key. Raises ValidationError for what is not
    there.
    """
    if annex.kind == "document":
        file = ContractFile.objects.filter(organisation=body, key=annex.file).first()
        if file is None:
            raise ValidationError(
                _("Annex %(annex)s: there is no file %(file)s."),
                params={"annex": annex.key, "file": annex.file},
            )
        return {"file": file}
    if not isinstance(annex, EditionAnnexed):
        return {}
    model = CatalogueEdition if annex.kind == "catalogue" else DescriptionEdition
    edition = model.objects.filter(
        number=annex.edition, **{f"{model.subject}__key": annex.source}
    ).first()
    if edition is None:
        raise ValidationError(
            _("Annex %(annex)s: edition %(number)s of %(source)s does not exist."),
            params={"annex": annex.key, "number": annex.edition, "source": annex.source},
        )
    return {f"{annex.kind}_edition": edition}


DRAFTING = "contracts.draft_contract"
SIGNATURES = (MinValueValidator(1), MaxValueValidator(9))


class ContractQuerySet(ProviderScopedQuerySet):
    """Contracts, by provider; one that was never concluded is there for who drafts it alone."""

    def visible_to(self, user, *permissions):
        """Return the contracts that a membership with the permissions reaches."""
        rows = super().visible_to(user, *permissions)
        drafts = DRAFTING in permissions or sees_all_rows(user)
        return rows if drafts else rows.concluded()

    def admits(self, row, user, *permissions):
        """Whether a membership with the permissions reaches a contract, or a version of it."""
        if not super().admits(row, user, *permissions):
            return False
        if DRAFTING in permissions or row.live or sees_all_rows(user):
            return True
        return ContractEdition.objects.filter(contract=row.id).exists()

    def concluded(self):
        """Return contracts, or versions of contracts, that have at least one edition."""
        # Without a join: telling contracts apart would compare all of their content.
        return self.filter(id__in=ContractEdition.objects.order_by().values("contract"))

    def to_choose(self):
        """Return contracts with what names them and nothing more, by number: for choices."""
        return self.only("number", "title").order_by("number")


@register_draft
class Contract(Draft, index.Indexed):
    """What the commissioning body and a provider agree on: service, modules, price, reports."""

    number = models.CharField(_("number"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=300)
    commissioning_body = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="commissioned_contracts",
        limit_choices_to={"kind": Organisation.Kind.COMMISSIONING_BODY},
        verbose_name=_("commissioning body"),
    )
    provider = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="contracts",
        limit_choices_to={"kind": Organisation.Kind.PROVIDER},
        verbose_name=_("provider"),
    )
    legal_basis = ContentField(ContractContent, "legal_basis", verbose_name=_("legal basis"))
    clauses = ContentField(ContractContent, "clauses", verbose_name=_("clauses"))
    annexes = ContentField(ContractContent, "annexes", verbose_name=_("annexes"))
    term = ContentField(ContractContent, "term", verbose_name=_("term"))
    calendar = ContentField(ContractContent, "calendar", verbose_name=_("working days"))
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"),
        default=PAYMENT_DAYS,
        validators=[MaxValueValidator(LONGEST_PAYMENT_DAYS)],
    )
    records_signed = models.BooleanField(_("records are signed by the client"), default=False)
    duties = ContentField(ContractContent, "duties", verbose_name=_("reports and statements due"))
    staffing = ContentField(ContractContent, "staffing", verbose_name=_("staff"))
    kinds_of_work = ContentField(ContractContent, "kinds_of_work", verbose_name=_("kinds of work"))
    remuneration = ContentField(ContractContent, "remuneration", verbose_name=_("remuneration"))
    body_signatures = models.PositiveSmallIntegerField(
        _("signatures of the commissioning body"), default=1, validators=SIGNATURES
    )
    provider_signatures = models.PositiveSmallIntegerField(
        _("signatures of the provider"), default=1, validators=SIGNATURES
    )
    signatures = ContentField(ContractContent, "signatures", verbose_name=_("signatures"))

    objects = ContractQuerySet.as_manager()
    retention = Retention(10, after="the contract has ended", basis=BOOKS)

    edition_model = ContractEdition
    search_fields = [
        index.SearchField("title"),
        index.SearchField("number"),
        index.FilterField("id"),
    ]

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def clean(self):
        """Refuse another number or party also once it was presented for signature.

        Who reads what was presented follows from them.
        """
        super().clean()
        if self.pk and self.signings.exists() and (changed := self.changed_identity()):
            fixed = _("This is fixed: the contract was presented for signature with it.")
            raise ValidationError(dict.fromkeys(changed, fixed))

    def require(self, content: ContractContent) -> None:
        """Refuse a contract that not both parties have signed as often as agreed (§ 56 SGB X).

        And one that nobody should sign: see `require_sound`.
        """
        from contracts.signatures import require_signed

        require_signed(self, content)
        self.require_sound(content)

    def require_sound(self, content: ContractContent) -> None:
        """Refuse what nobody should be asked to sign.

        What leaves work without a price, or prices it twice, on days it is in force, or ends the
        contract before it applies itself.
        """
        from contracts.models.rules.amendment import require_timely

        try:
            begins = content.term.begins
            check_prices(content.remuneration, max(begins, self.applies_from or begins))
        except BillingError as refused:
            raise ValidationError(_(refused.template), params=refused.values) from refused
        require_timely(self, content)

    def as_frozen(self, content: ContractContent) -> ContractContent:
        """Return content with the signatures that both parties confirmed of just this text."""
        from contracts.signatures import with_confirmed

        return with_confirmed(self, content)

    def save_revision(self, user=None, *args, **kwargs):
        """Save a revision; one that says something else ends the signing of what was presented."""
        revision = super().save_revision(user, *args, **kwargs)
        for signing in self.signings.standing():
            signing.end_if_changed(self, by=user)
        return revision

    def edition_on(self, day: date) -> ContractEdition | None:
        """Return the edition in force on that day."""
        return self.editions.in_force_on(day).first()


class EditionRowQuerySet(ProviderScopedQuerySet):
    """Rows of contract editions, by the contract's provider."""

    provider_path = "edition__contract__provider"
    needed = "contracts.view_contract"


class EditionClause(EditionRow):
    """A numbered clause (Paragraph) of a contract edition."""

    edition = models.ForeignKey(ContractEdition, models.PROTECT, related_name="clause_rows")
    number = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()

    objects = EditionRowQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class EditionAnnex(EditionRow):
    """What is part of the contract for a time (Anlage): an edition, a file, or words of its own.

    As the edition of the contract says it; what it says on a day: `contracts.annexes`.
    """

    edition = models.ForeignKey(ContractEdition, models.PROTECT, related_name="annex_rows")
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    catalogue_edition = models.ForeignKey(
        CatalogueEdition, models.PROTECT, related_name="annexed_to", null=True, blank=True
    )
    description_edition = models.ForeignKey(
        DescriptionEdition, models.PROTECT, related_name="annexed_to", null=True, blank=True
    )
    file = models.ForeignKey(
        ContractFile, models.PROTECT, related_name="annexed_to", null=True, blank=True
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    adapted_by = models.CharField(max_length=20, default=AMENDMENT, db_default=AMENDMENT)

    objects = EditionRowQuerySet.as_manager()

    class Meta(EditionRow.Meta):
        constraints = [
            Ends("valid_until", begins="valid_from", name="annex_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.label

    def is_valid_on(self, day: date) -> bool:
        """Whether it is part of the contract on a day, as its edition says."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class EditionTerms(EditionRow):
    """One block of remuneration terms of a contract edition."""

    edition = models.ForeignKey(ContractEdition, models.PROTECT, related_name="terms_rows")
    key = models.CharField(max_length=60)
    model = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    clause = models.CharField(max_length=300)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    settings = models.JSONField()
    position = models.PositiveSmallIntegerField()

    objects = EditionRowQuerySet.as_manager()

    class Meta(EditionRow.Meta):
        constraints = [
            Ends("valid_until", begins="valid_from", name="terms_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.label


class EditionDuty(EditionRow):
    """A report or statement the contract edition asks for."""

    edition = models.ForeignKey(ContractEdition, models.PROTECT, related_name="duty_rows")
    key = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    cycle = models.CharField(max_length=20)

    objects = EditionRowQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key


ContractEdition.row_models = (EditionClause, EditionAnnex, EditionTerms, EditionDuty)
