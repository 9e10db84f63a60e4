"""E-mails that wait for the mail server, out of everybody's way."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.retention import OPERATION, Retention


class Mail(models.Model):
    """One e-mail, encrypted: it may hold a link with which a password can be set.

    It goes when it is sent. What could not be sent for days loses its text and stays a while, so
    that somebody can see it.
    """

    untracked_because = "A queue: a row goes when its e-mail is sent; what led to it is recorded."
    retention = Retention(1, after="it was given up", basis=OPERATION)

    sealed = models.TextField(_("message, encrypted"), blank=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now, db_index=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
