"""Follow-ups: what somebody has put off to a day, with the reason."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.reasons import ShortReasonField
from base.retention import OPERATION, Retention
from base.scoping import ScopedQuerySet


class FollowUpQuerySet(ScopedQuerySet):
    """Follow-ups: everybody sees their own."""

    def visible_to(self, user, *permissions):
        """Return those of this person, also for superusers: they put off nobody else's work."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def ahead(self, today):
        """Return those whose day has not come."""
        return self.filter(day__gt=today)


class FollowUp(Tracked):
    """A thing that waits, out of somebody's worklist until a day (Wiedervorlage).

    `work` is the key of a kind of work, `reference` what tells the thing from others of the kind.
    It changes nothing for anybody else, and not when the thing is due. A chore deletes it a month
    after its day (`forget_follow_ups`), whatever became of the thing.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    work = models.CharField(_("kind of work"), max_length=60)
    reference = models.CharField(_("what"), max_length=120)
    day = models.DateField(_("follow-up on"))
    reason = ShortReasonField(_("reason"), max_length=200)

    objects = FollowUpQuerySet.as_manager()
    retention = Retention(1, after="its day", basis=OPERATION)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "work", "reference"], name="follow_up_once")
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.reference}: {self.day}"
