"""What somebody did to another person's access: the second pair of eyes on administrators."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import SOCIAL_DATA, Retention
from contracts.models.organisation import Member
from contracts.reach import OrganisationScopedQuerySet


def waiting_time() -> timedelta:
    """Return after which time a change takes effect for money steps by itself."""
    return timedelta(days=settings.ACCESS_WAITING_DAYS)


class AccessChangeQuerySet(OrganisationScopedQuerySet):
    """Changes of access, by the organisation of whom they concern: for who looks after people."""

    provider_path = "member__organisation"
    needed = "contracts.view_member"

    def open(self):
        """Return those that no second administrator has confirmed and whose time is not over."""
        return self.filter(confirmed_by=None, made_at__gt=timezone.now() - waiting_time())


class AccessChange(Tracked):
    """A change of a person's access by somebody else; money steps wait until it is confirmed."""

    class Kind(models.TextChoices):
        INVITED = "invited", _("invited")
        ROLES = "roles", _("roles changed")
        ADDRESS = "address", _("e-mail address changed")
        ACTIVE = "active", _("access closed or opened")
        PASSWORD = "password", _("link for a new password sent")  # noqa: S105  a label
        SECOND_FACTOR = "second_factor", _("second factor changed")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="access_changes",
        verbose_name=_("person"),
    )
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("member"),
        help_text=_("The membership that changed, or the person's first one."),
    )
    kind = models.CharField(_("change"), max_length=20, choices=Kind)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("at"), default=timezone.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    objects = AccessChangeQuerySet.as_manager()
    retention = Retention(10, after="it was made", basis=SOCIAL_DATA)

    class Meta:
        verbose_name = _("change of access")
        verbose_name_plural = _("changes of access")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="access_change_by_somebody_else", condition=~Q(made_by=F("user"))
            ),
            models.CheckConstraint(
                name="access_change_confirmed_by_a_third",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | (
                    Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                    & ~Q(confirmed_by=F("made_by"))
                    & ~Q(confirmed_by=F("user"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_kind_display()}"

    @property
    def effective_at(self):
        """When it takes effect for money steps without a confirmation."""
        return self.made_at + waiting_time()
