"""Saved views: filters of a list that somebody wants to see again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import OPERATION, Retention
from base.scoping import ScopedQuerySet


class SavedViewQuerySet(ScopedQuerySet):
    """Saved views: everybody sees their own."""

    def visible_to(self, user, *permissions):
        """Return those of this person, also for superusers: they are of use to nobody else."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()


class SavedView(Tracked):
    """A list's filters and order under a name of one's own."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    page = models.CharField(_("page"), max_length=100)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filters"), max_length=2000)

    objects = SavedViewQuerySet.as_manager()
    retention = Retention(1, after="its owner has left", basis=OPERATION)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_view_name")
        ]

    def __str__(self) -> str:
        return self.name
