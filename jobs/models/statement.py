"""Billing statements: drafted by a job, checked, released by another, issued, frozen for good.

What is learned later never changes an issued statement; it makes a correction statement whose
lines are differences. Original plus corrections is always what a fresh computation gives.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.ends import Ends
from base.history import Tracked
from base.immutability import AppendOnly, When, WithParent
from base.reasons import ShortReasonField
from base.retention import BOOKS, KeptWith, Retention
from base.seals import seal_of
from contracts.billing import Period
from contracts.models import Contract, ContractEdition
from contracts.reach import ProviderScopedQuerySet
from forms.models import Case

NOTHING = Decimal("0.00")


class StatementQuerySet(ProviderScopedQuerySet):
    """Statements, by the contract's provider."""

    provider_path = "contract__provider"

    def for_period(self, contract: Contract, period: Period):
        """Return original and corrections for exactly this period, in order."""
        return self.filter(
            contract=contract, period_first=period.first, period_last=period.last
        ).order_by("sequence")

    def issued(self):
        """Return statements that were issued."""
        return self.filter(status=Statement.Status.ISSUED)

    def standing(self):
        """Return statements that say something: all but those that came to nothing."""
        return self.exclude(status=Statement.Status.WITHDRAWN)


def _person(label: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=label,
    )


def _two_persons(name: str, one: str, other: str, message: str) -> models.CheckConstraint:
    """Return the rule that two columns, where both are filled, name different persons."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{one: None}) | Q(**{other: None}) | ~Q(**{one: F(other)}),
        violation_error_message=message,
    )


class Statement(Tracked):
    """What a contract pays for a period (Abrechnung), or the correction of such a statement.

    A job drafts it, a person checks it, another releases it, then it is issued (KomHVO NRW § 31:
    who made it, who checked it and who releases it are three). Who checked it does not issue it;
    who released it may. Returned, it waits for the provider, who hands it in again. What came to
    nothing before it was issued is void: it shows nowhere but in its history, and is a draft
    again when there is something to charge for its period.

    `total` is the sum of the lines in EUR. `instalments` is what was paid in advance for the
    period (D19). `released_on` is unknown of what was issued before there was such a column.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        RETURNED = "returned", _("returned")
        CHECKED = "checked", _("checked")
        RELEASED = "released", _("released")
        ISSUED = "issued", _("issued")
        WITHDRAWN = "withdrawn", _("void")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="statements")
    period_first = models.DateField(_("from"))
    period_last = models.DateField(_("until"))
    sequence = models.PositiveSmallIntegerField(
        _("sequence"), help_text=_("0: original, 1…: corrections")
    )
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="corrections",
        null=True,
        blank=True,
        verbose_name=_("corrects"),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    number = models.CharField(_("number"), max_length=40, blank=True)
    total = models.DecimalField(_("total in EUR"), max_digits=14, decimal_places=2)
    instalments = models.DecimalField(
        _("instalments in EUR"), max_digits=14, decimal_places=2, default=NOTHING
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    inputs_hash = models.CharField(_("hash of the inputs"), max_length=64)
    computed_at = models.DateTimeField(_("computed at"))
    resubmitted_by = _person(_("handed in again by"))
    checked_by = _person(_("checked by"))
    released_by = _person(_("released by"))
    issued_by = _person(_("issued by"))
    released_on = models.DateField(_("released on"), null=True, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    seal = models.CharField(_("seal"), max_length=64, blank=True, editable=False)

    objects = StatementQuerySet.as_manager()
    retention = Retention(10, after="it was issued", basis=BOOKS)
    frozen = When(status=("issued",))

    class Meta:
        verbose_name = _("billing statement")
        verbose_name_plural = _("billing statements")
        ordering = ["contract", "period_first", "sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "period_first", "period_last", "sequence"],
                name="statement_once",
            ),
            models.UniqueConstraint(
                fields=["number"], name="statement_number", condition=~Q(number="")
            ),
            models.CheckConstraint(
                name="issued_statement_is_numbered_and_sealed",
                condition=~Q(status="issued")
                | (
                    ~Q(number="")
                    & ~Q(seal="")
                    & Q(issued_on__isnull=False, issued_by__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="statement_was_checked_and_released",
                condition=(
                    ~Q(status__in=("checked", "released", "issued")) | Q(checked_by__isnull=False)
                )
                & (~Q(status__in=("released", "issued")) | Q(released_by__isnull=False)),
                violation_error_message=_("A statement names who checked and who released it."),
            ),
            Ends("period_last", begins="period_first", name="statement_period"),
            Ends("issued_on", begins="released_on", name="statement_is_issued_after_its_release"),
            _two_persons(
                "resubmitter_does_not_check",
                "resubmitted_by",
                "checked_by",
                _("Who handed a statement in again may not check it."),
            ),
            _two_persons(
                "resubmitter_does_not_release",
                "resubmitted_by",
                "released_by",
                _("Who handed a statement in again may not release it."),
            ),
            _two_persons(
                "checker_does_not_release",
                "checked_by",
                "released_by",
                _("Who checked a statement may not release it."),
            ),
            _two_persons(
                "checker_does_not_issue",
                "checked_by",
                "issued_by",
                _("Who checked a statement may not issue it."),
            ),
            models.CheckConstraint(
                name="correction_corrects",
                condition=Q(sequence=0, corrects=None) | Q(sequence__gt=0, corrects__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.contract.number} {self.period}" + (
            f" K{self.sequence}" if self.sequence else ""
        )

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("statement", args=[self.pk])

    @property
    def period(self) -> Period:
        """The period the statement is about."""
        return Period(self.period_first, self.period_last)

    @property
    def is_pending(self) -> bool:
        """Whether its lines follow the facts: nobody has checked them yet."""
        return self.status in (self.Status.DRAFT, self.Status.RETURNED)

    @property
    def is_void(self) -> bool:
        """Whether it came to nothing before it was issued."""
        return self.status == self.Status.WITHDRAWN

    @property
    def comes_to_nothing(self) -> bool:
        """Whether nothing to charge makes it void.

        An original that was returned waits: the provider was asked to add something.
        """
        return bool(self.sequence) or self.status != self.Status.RETURNED

    @property
    def balance(self) -> Decimal:
        """What is still to be paid in EUR; negative where too much was paid."""
        return self.total - self.instalments

    def sealed(self) -> dict:
        """Return what the seal covers: every column of the statement and of its lines."""
        return {
            "statement": _columns(self, {"id", "seal"} | self._unknown()),
            "lines": [_columns(line, {"id"}) for line in self.lines.order_by("position")],
        }

    def _unknown(self) -> set[str]:
        """Return the columns that were not there when the statement was issued."""
        return set() if self.released_on else {"released_on"}

    def problems(self) -> list[str]:
        """Return what differs from the moment of issuing."""
        issued = self.status == self.Status.ISSUED or self.seal
        if issued and seal_of(self.sealed()) != self.seal:
            return [f"statement {self.number or self.pk}: content does not match its seal"]
        return []


def _columns(row: models.Model, without: set[str]) -> dict:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in without
    }


class StatementLineQuerySet(ProviderScopedQuerySet):
    """Lines, by the contract's provider."""

    provider_path = "statement__contract__provider"
    needed = "jobs.view_statement"

    def with_editions(self):
        """Lines that share one object for each edition, so that its content is read once."""
        return self.prefetch_related("edition")


class StatementLine(models.Model):
    """One line with everything its amount rests on.

    `computed` is what the facts give, `previous` what earlier statements of the period charged,
    `amount` the difference: all EUR. `inputs` and the terms of `edition` are enough to compute
    `computed` again; `sources` names the versions of the facts, as "id.version" tokens.
    """

    statement = models.ForeignKey(Statement, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"))
    key = models.CharField(_("key"), max_length=255)
    term = models.CharField(_("term"), max_length=60)
    component = models.CharField(_("component"), max_length=60)
    label = models.CharField(_("label"), max_length=300)
    clause = models.CharField(_("clause"), max_length=300)
    edition = models.ForeignKey(ContractEdition, models.PROTECT, related_name="+")
    case = models.ForeignKey(
        Case, models.PROTECT, related_name="statement_lines", null=True, blank=True
    )
    first = models.DateField(_("from"))
    last = models.DateField(_("until"))
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=40)
    rate = models.DecimalField(_("rate"), max_digits=12, decimal_places=4, null=True, blank=True)
    unbilled = models.DecimalField(_("not billed"), max_digits=14, decimal_places=4)
    computed = models.DecimalField(_("computed in EUR"), max_digits=14, decimal_places=2)
    previous = models.DecimalField(
        _("already charged in EUR"), max_digits=14, decimal_places=2, default=NOTHING
    )
    amount = models.DecimalField(_("amount in EUR"), max_digits=14, decimal_places=2)
    inputs = models.JSONField(_("inputs"))
    sources = models.TextField(_("sources"), blank=True)
    cause = models.CharField(_("cause"), max_length=500, blank=True)

    objects = StatementLineQuerySet.as_manager()
    retention = KeptWith("statement")
    frozen = WithParent("statement", status=("checked", "released", "issued"))

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        ordering = ["statement", "position"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "key"], name="statement_line_key"),
            Ends("last", begins="first", name="statement_line_period"),
            models.CheckConstraint(
                name="line_is_the_difference",
                # Rounded because SQLite subtracts decimals as floats.
                condition=Q(amount=Round(F("computed") - F("previous"), precision=2)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement} · {self.position}"


class StatementEventQuerySet(ProviderScopedQuerySet):
    """Events, by the contract's provider."""

    provider_path = "statement__contract__provider"
    needed = "jobs.view_statement"


class StatementEvent(models.Model):
    """What happened to a statement, and who did it."""

    class Kind(models.TextChoices):
        COMPUTED = "computed", _("computed")
        CHECKED = "checked", _("checked")
        RELEASED = "released", _("released")
        RETURNED = "returned", _("returned")
        RESUBMITTED = "resubmitted", _("handed in again")
        ISSUED = "issued", _("issued")
        WITHDRAWN = "withdrawn", _("came to nothing")

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="events")
    kind = models.CharField(_("event"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("at"))
    actor_number = models.BigIntegerField(_("by"), null=True)
    reason = ShortReasonField(_("reason"), max_length=500, blank=True)

    objects = StatementEventQuerySet.as_manager()
    retention = KeptWith("statement")
    frozen = AppendOnly()

    class Meta:
        verbose_name = _("statement event")
        verbose_name_plural = _("statement events")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.statement} · {self.kind}"
