"""Numbers without gaps: of statements, vouchers, contracts."""

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from base.retention import FOR_EVER


class NumberCounter(models.Model):
    """The last number given out within a scope, for one kind of thing, in one year."""

    scope = models.CharField(
        _("scope"), max_length=100, help_text=_("Who issues, such as the code of an organisation.")
    )
    kind = models.CharField(_("kind"), max_length=50)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number given out"), default=0)

    untracked_because = "What it counted stands on what was numbered."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("number counter")
        verbose_name_plural = _("number counters")
        constraints = [
            models.UniqueConstraint(fields=["scope", "kind", "year"], name="one_counter_per_year")
        ]

    def __str__(self):
        return f"{self.scope} {self.kind} {self.year}: {self.last}"


def next_number(*, scope: str, kind: str, year: int) -> int:
    """Give out the next number, starting with 1, inside the caller's transaction.

    The counter stays locked until that transaction ends: whoever asks meanwhile waits, and a
    rollback takes the number back, so none is lost or given twice. Call it last, and only in
    the action that issues. Raises TransactionManagementError outside a transaction.
    """
    counters = NumberCounter.objects
    if not transaction.get_connection(counters.db).in_atomic_block:
        raise transaction.TransactionManagementError("numbers are given out in a transaction only")
    counters.get_or_create(scope=scope, kind=kind, year=year)
    counter = counters.select_for_update().get(scope=scope, kind=kind, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last
