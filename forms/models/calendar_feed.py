"""The secret address under which other programs read a person's calendar."""

import re
import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import OPERATION, Retention
from base.scoping import ScopedQuerySet, sees_all_rows
from contracts.models import Member
from contracts.models.api_token import PREFIX_BYTES, SECRET_BYTES, hash_of
from contracts.reach import is_member, memberships_of

WRITTEN = re.compile(r"([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


class CalendarFeedQuerySet(ScopedQuerySet):
    """Addresses, each its owner's alone."""

    needed = "forms.view_appointment"

    def visible_to(self, user, *permissions):
        """Return the addresses of the person's own memberships with the permissions."""
        if sees_all_rows(user):
            return self.all()
        if not is_member(user):
            return self.none()
        needed = self.asked(permissions)
        own = [each.member for each in memberships_of(user) if each.grants(*needed)]
        return self.filter(member__in=own)

    def written_as(self, secret: str) -> "CalendarFeed | None":
        """Return the address that is written so and works; None where there is none.

        One look-up by the part that is no secret; the secret itself is compared by its hash, in
        the same time whatever it is.
        """
        match = WRITTEN.fullmatch(secret)
        prefix, rest = match.groups() if match else ("", "")
        found = self.filter(prefix=prefix).select_related("member__user").first()
        expected = found.secret_hash if found else hash_of("")
        equal = constant_time_compare(hash_of(rest), expected)
        return found if equal and found and found.is_open() else None


class CalendarFeed(Tracked):
    """A person's calendar for other programs. The secret is shown once and stored as a hash.

    `last_used_at` is noted once an hour.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="calendar_feeds", verbose_name=_("member")
    )
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    made_at = models.DateTimeField(_("made at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()
    untracked_fields = ("secret_hash", "last_used_at")
    retention = Retention(3, after="it was revoked or its owner has left", basis=OPERATION)

    class Meta:
        verbose_name = _("calendar subscription")
        verbose_name_plural = _("calendar subscriptions")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="calendar_feed_revoked_after_made",
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("made_at")),
            )
        ]

    def __str__(self) -> str:
        return str(self.member)

    def write_new(self) -> str:
        """Make up a secret, keep what it is recognised by, and return it: nobody can later."""
        self.prefix, secret = secrets.token_hex(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        self.secret_hash = hash_of(secret)
        return f"{self.prefix}_{secret}"

    def is_open(self) -> bool:
        """Whether anything is read under it: its owner still works there and may see this."""
        owner = self.member
        return (
            self.revoked_at is None
            and owner.active
            and owner.user.is_active
            and CalendarFeed.objects.visible_to(owner.user).filter(pk=self.pk).exists()
        )

    def note_use(self) -> bool:
        """Note that it is used now, at most once an hour; return whether it was noted."""
        now = timezone.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        unused = Q(last_used_at=None) | Q(last_used_at__lt=hour)
        return bool(CalendarFeed.objects.filter(unused, pk=self.pk).update(last_used_at=now))
