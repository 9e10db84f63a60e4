"""Reasons to choose from where a service record needs one: why outside the plan, why changed."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.retention import FOR_EVER

OTHER = "other"
"""Key of the reason under which a note stands that comes without one."""


class RecordReason(Tracked):
    """A reason that managers offer. What was chosen is read by whoever may see the record."""

    class Occasion(models.TextChoices):
        """When a reason can be given."""

        RECORDED = "recorded", _("recorded outside the plan")
        CHANGED = "changed", _("changed or withdrawn")
        BOTH = "both", _("both")

    key = models.SlugField(
        _("key"),
        max_length=60,
        unique=True,
        help_text=_("Short name that files use: small letters, digits and hyphens."),
    )
    label = models.CharField(
        _("reason"),
        max_length=120,
        help_text=_("As people choose it. Everybody reads it who may see the record: no names."),
    )
    occasion = models.CharField(
        _("offered when"), max_length=10, choices=Occasion, default=Occasion.BOTH
    )
    until = models.DateField(
        _("offered until"),
        null=True,
        blank=True,
        help_text=_("Last day on which it can be chosen; empty: for ever."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    unscoped_because = "Words to choose from, without facts: the same for everybody."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("reason for records")
        verbose_name_plural = _("reasons for records")
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label

    def clean(self):
        """Keep the key, by which files and records know it, and the reason for notes alone."""
        super().clean()
        before = type(self).objects.filter(pk=self.pk).first()
        if before is not None and before.key != self.key:
            raise ValidationError({"key": _("This is fixed: records and files know it by it.")})
        if self.key == OTHER and (self.until or self.occasion != self.Occasion.BOTH):
            message = _("Notes stand under this reason: it is always offered.")
            raise ValidationError({"until" if self.until else "occasion": message})

    def fits(self, *, first_version: bool, on: date) -> bool:
        """Whether it can be given for a first or a later version that is recorded on that day."""
        wanted = self.Occasion.RECORDED if first_version else self.Occasion.CHANGED
        return self.occasion in (wanted, self.Occasion.BOTH) and (
            self.until is None or on <= self.until
        )


def reasons_to_choose(*, first_version: bool) -> models.QuerySet:
    """Return the reasons that can be chosen today."""
    wanted = RecordReason.Occasion.RECORDED if first_version else RecordReason.Occasion.CHANGED
    today = timezone.localdate()
    return RecordReason.objects.filter(
        models.Q(until=None) | models.Q(until__gte=today),
        occasion__in=(wanted, RecordReason.Occasion.BOTH),
    )


class Reasoning:
    """Asks of the versions of records whether the reason they name can be given."""

    def __init__(self, records: Iterable):
        keys = {record.chosen_reason_id for record in records}
        self.reasons = RecordReason.objects.in_bulk(key for key in keys if key)

    def __call__(self, record) -> None:
        """Raise ValidationError for a reason that is not offered for this."""
        reason = self.reasons.get(record.chosen_reason_id)
        if reason is None:
            return
        first, day = record.version == 1, record.known_on or timezone.localdate()
        if not reason.fits(first_version=first, on=day):
            offered = [
                each.key
                for each in RecordReason.objects.all()
                if each.fits(first_version=first, on=day)
            ]
            raise ValidationError(
                _("Reason %(reason)s cannot be given here; allowed: %(allowed)s."),
                code="unreasoned",
                params={"reason": reason.key, "allowed": ", ".join(offered)},
            )


def put_notes_under_a_reason(records: Iterable) -> None:
    """Give records with a note alone the reason for notes."""
    bare = [each for each in records if each.reason.strip() and each.chosen_reason_id is None]
    if bare:
        other = RecordReason.objects.get(key=OTHER)
        for record in bare:
            record.chosen_reason = other
