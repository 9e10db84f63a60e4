"""Evidence: the files that show what was paid (Gehaltsnachweis, Rechnung)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.ends import NotAhead
from base.history import Tracked
from base.reasons import ShortReasonField
from base.retention import KeptWith
from contracts.models.contract import Contract
from contracts.models.payroll import PayrollLine
from contracts.reach import ProviderScopedQuerySet


class EvidenceQuerySet(ProviderScopedQuerySet):
    """Evidence, by the contract's provider."""

    provider_path = "contract__provider"

    def standing(self):
        """Return what was not withdrawn."""
        return self.filter(status=Evidence.Status.SUBMITTED)


class Evidence(Tracked):
    """A file that shows a cost, for a payroll line or for the contract on a day.

    The bytes are kept under their hash; `name` is what the sender called the file, cleaned, and
    is shown to people only. Never deleted: withdrawn with a reason.
    """

    opening_is_logged = True

    class Kind(models.TextChoices):
        PAYSLIP = "payslip", _("payslip")
        INVOICE = "invoice", _("invoice")
        OTHER = "other", _("other evidence")

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="evidence", verbose_name=_("contract")
    )
    payroll_line = models.ForeignKey(
        PayrollLine,
        models.PROTECT,
        related_name="files",
        null=True,
        blank=True,
        verbose_name=_("payroll line"),
    )
    kind = models.CharField(_("kind of evidence"), max_length=10, choices=Kind)
    day = models.DateField(_("day"), help_text=_("The day the cost belongs to."))
    name = models.CharField(_("file name"), max_length=120)
    suffix = models.CharField(_("kind of file"), max_length=6)
    sha256 = models.CharField(_("hash of the file"), max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SUBMITTED)
    reason = ShortReasonField(_("reason"), max_length=500, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )

    objects = EvidenceQuerySet.as_manager()
    retention = KeptWith("contract")

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["day", "pk"]
        constraints = [
            models.CheckConstraint(
                name="withdrawn_evidence_has_a_reason",
                condition=~models.Q(status="withdrawn") | ~models.Q(reason=""),
                violation_error_message=_("Withdrawing evidence needs a reason."),
            ),
            NotAhead("day", name="evidence_is_dated_by_now"),
        ]
        indexes = [models.Index(fields=["contract", "day"], name="evidence_by_day")]

    def __str__(self) -> str:
        return self.name
