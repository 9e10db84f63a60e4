"""What somebody wants to be told by e-mail."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.models.saved_view import SavedViewQuerySet
from base.retention import OPERATION, Retention


class MailChoice(Tracked):
    """How often somebody gets an overview of their worklist, and of what they hear at once.

    Who has chosen nothing gets one each working day, and is told of everything at once. Notices
    about one's own access are sent whatever is chosen. On days on which somebody stands in there is
    no overview, unless one wants it `while_away` too.
    """

    class Overview(models.TextChoices):
        DAILY = "daily", _("each working day on which something waits")
        DUE = "due", _("each working day on which something is overdue or due")
        WEEKLY = "weekly", _("once a week")
        NEVER = "never", _("never")

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    overview = models.CharField(
        _("overview"), max_length=10, choices=Overview, default=Overview.DAILY
    )
    while_away = models.BooleanField(
        _("overview on days on which somebody stands in as well"), default=False
    )
    not_at_once = models.JSONField(_("not told at once"), default=list, blank=True)

    objects = SavedViewQuerySet.as_manager()
    retention = Retention(1, after="its owner has left", basis=OPERATION)

    class Meta:
        verbose_name = _("choice of e-mails")
        verbose_name_plural = _("choices of e-mails")

    def __str__(self) -> str:
        return self.get_overview_display()


def choice_of(user) -> MailChoice:
    """Return what somebody has chosen; a row that is not stored where they have chosen nothing."""
    found = MailChoice.objects.filter(owner=user.pk).first()
    return found or MailChoice(owner_id=user.pk)
