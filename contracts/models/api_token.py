"""The token with which a program reads what its commissioning body may see."""

import re
import secrets
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import OPERATION, Retention
from contracts.models.organisation import Organisation
from contracts.reach import OrganisationScopedQuerySet

WRITTEN = re.compile(r"fw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
PREFIX_BYTES, SECRET_BYTES = 6, 32
MOST_DAYS = 366
"""No token is valid longer than a leap year: whoever needs it asks again."""


class ApiTokenQuerySet(OrganisationScopedQuerySet):
    """Tokens, by the commissioning body that they read for."""

    provider_path = "organisation"
    needed = "contracts.view_apitoken"

    def written_as(self, token: str) -> "ApiToken | None":
        """Return the token written so, be it valid or not; None where there is none.

        One look-up by the part that is no secret; the secret itself is compared by its hash, in
        the same time whatever it is.
        """
        match = WRITTEN.fullmatch(token)
        if match is None:
            return None
        prefix, secret = match.groups()
        found = self.filter(prefix=prefix).select_related("organisation").first()
        expected = found.secret_hash if found else hash_of("")
        return found if constant_time_compare(hash_of(secret), expected) and found else None


class ApiToken(Tracked):
    """A token of the content API. The secret is shown once and stored as a hash alone.

    `scopes` are kinds of content (`base.api.router`). `last_used_at` is noted once an hour.
    """

    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="api_tokens",
        limit_choices_to={"kind": Organisation.Kind.COMMISSIONING_BODY},
        verbose_name=_("commissioning body"),
    )
    label = models.CharField(_("for"), max_length=100)
    scopes = models.JSONField(_("may read"), default=list)
    prefix = models.CharField(_("begins with"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    expires_on = models.DateField(_("valid until"), help_text=_("Last day on which it is valid."))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("access given by"),
    )
    given_at = models.DateTimeField(_("given at"))
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()
    untracked_fields = ("secret_hash", "last_used_at")
    retention = Retention(3, after="it has expired or was revoked", basis=OPERATION)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="api_token_revoked_by_somebody",
                condition=Q(revoked_by=None, revoked_at=None)
                | Q(
                    revoked_by__isnull=False,
                    revoked_at__isnull=False,
                    revoked_at__gte=F("given_at"),
                ),
            )
        ]

    def __str__(self) -> str:
        return self.label

    def write_new(self) -> str:
        """Make up a token, keep what it is recognised by, and return it: nobody can later."""
        self.prefix, secret = secrets.token_hex(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        self.secret_hash = hash_of(secret)
        return f"fw_{self.prefix}_{secret}"

    def is_valid_on(self, day) -> bool:
        """Whether it opens anything on that day."""
        return self.revoked_at is None and day <= self.expires_on

    def note_use(self) -> bool:
        """Note that it is used now, at most once an hour; return whether it was noted.

        Of requests at once, and of all within the hour, one writes.
        """
        now = timezone.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self.last_used_at is not None and self.last_used_at >= hour:
            return False
        unused = Q(last_used_at=None) | Q(last_used_at__lt=hour)
        rows = ApiToken.objects.filter(unused, pk=self.pk)
        return bool(rows.update(last_used_at=now))


def hash_of(secret: str) -> str:
    """Return what is stored of a secret: 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()
