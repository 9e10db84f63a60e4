"""Overviews of worklists that were queued: one for a person and day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.retention import OPERATION, Retention


class QueuedOverview(models.Model):
    """An overview by e-mail is queued for a day; there is never a second.

    What it says is found out when it is sent (`base.workspace.overview`).
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    day = models.DateField(_("day"))

    untracked_because = "Written once beside the e-mail it stands for; a chore deletes it later."
    unscoped_because = "Says only that somebody was to get an e-mail; nobody reads it."
    retention = Retention(1, after="its day", basis=OPERATION)

    class Meta:
        verbose_name = _("queued overview")
        verbose_name_plural = _("queued overviews")
        constraints = [models.UniqueConstraint(fields=["owner", "day"], name="overview_once_a_day")]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.day}"
