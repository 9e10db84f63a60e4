"""Forms that were sent and carried out, so that sending one again does nothing twice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.retention import OPERATION, Retention


class SentForm(models.Model):
    """A form that was carried out: known by the reference that was given out with its page.

    `key` is a hash of the person, the page's address and the reference, `content` one of all that
    was sent; neither can be read back. `answer` is the address the person was led to.
    A chore deletes what is a month old (`forget_sent_forms`).
    """

    key = models.CharField(_("key"), max_length=64, unique=True)
    content = models.CharField(_("content"), max_length=64)
    answer = models.TextField(_("answer"), blank=True)
    at = models.DateTimeField(_("at"))

    untracked_because = "Written once beside what the form changed, whose history says the rest."
    unscoped_because = "Names no person and no contract; nobody reads it."
    retention = Retention(1, after="it was sent", basis=OPERATION)

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")

    def __str__(self) -> str:
        return self.key
