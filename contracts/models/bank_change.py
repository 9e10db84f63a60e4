"""Another account of an organisation: it counts once a second person has looked at it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.immutability import Kept
from base.reasons import ReasonField
from base.retention import BOOKS, Retention
from contracts.models.access_change import waiting_time
from contracts.models.organisation import CHANGE_ORGANISATION, Organisation
from contracts.reach import OrganisationScopedQuerySet

CONFIRM_ACCOUNT = "contracts.change_bankchange"


class BankChangeQuerySet(OrganisationScopedQuerySet):
    """Changes of accounts, by the organisation: for who looks after it."""

    provider_path = "organisation"
    needed = "contracts.view_bankchange"

    def visible_to(self, user, *permissions):
        """Return the changes; whoever confirms one may change the organisation as well."""
        found = super().visible_to(user, *permissions)
        if CONFIRM_ACCOUNT in permissions:
            changeable = Organisation.objects.visible_to(user, CHANGE_ORGANISATION)
            found = found.filter(organisation__in=changeable.order_by().values("pk"))
        return found

    def open(self):
        """Return those that neither count nor were taken back."""
        return self.filter(applied_at=None, withdrawn_at=None)


def _somebody(label: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=label,
    )


class BankChange(Tracked):
    """An account that an administrator entered for an organisation, and who let it count.

    Letters name the old one until another administrator has confirmed it. Where there is no other,
    who entered it may let it count once the waiting time for changes of access is over: those who
    were told had so long to object.
    """

    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="bank_changes",
        verbose_name=_("organisation"),
    )
    old_iban = models.CharField(_("IBAN before"), max_length=34, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    reason = ReasonField(_("reason"), max_length=500)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("at"))
    applied_by = _somebody(_("confirmed by"))
    applied_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    withdrawn_by = _somebody(_("taken back by"))
    withdrawn_at = models.DateTimeField(_("taken back on"), null=True, blank=True)

    objects = BankChangeQuerySet.as_manager()
    retention = Retention(10, after="it was made", basis=BOOKS)
    frozen = Kept("organisation", "old_iban", "iban", "bic", "reason", "made_by", "made_at")

    class Meta:
        verbose_name = _("change of account")
        verbose_name_plural = _("changes of accounts")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(applied_at=None, withdrawn_at=None),
                name="one_open_bank_change",
                violation_error_message=_("Another change of the account waits already."),
            ),
            models.CheckConstraint(
                name="bank_change_has_one_end",
                condition=Q(applied_at=None) | Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="bank_change_applied_by_somebody",
                condition=Q(applied_at=None, applied_by=None)
                | Q(applied_at__isnull=False, applied_by__isnull=False),
            ),
            models.CheckConstraint(
                name="bank_change_withdrawn_by_somebody",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
            models.CheckConstraint(
                name="bank_change_applied_after_it_was_made",
                condition=Q(applied_at=None) | Q(applied_at__gte=F("made_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.iban}"

    @property
    def is_open(self) -> bool:
        """Whether it waits."""
        return self.applied_at is None and self.withdrawn_at is None

    @property
    def waits_until(self):
        """From when on who entered it may let it count alone."""
        return self.made_at + waiting_time()
