"""Series of appointments: a rule by which they repeat. Each of them is a row of its own."""

import secrets

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base.ends import Ends
from base.history import Tracked
from base.retention import SOCIAL_DATA, Retention
from contracts.models import Organisation
from forms.models.resource import OwnCalendarQuerySet
from forms.series import Frequency

REFERENCE = RegexValidator(
    r"\AE-[0-9a-f]{12}\Z", _("A reference is E- and twelve digits from 0 to f.")
)


def new_reference() -> str:
    """Return a reference nobody else has."""
    return f"E-{secrets.token_hex(6)}"


class SeriesQuerySet(OwnCalendarQuerySet):
    """Series, by the organisation in whose calendar they are."""

    needed = "forms.view_appointment"


class AppointmentSeries(Tracked):
    """A rule by which appointments repeat: every so many weeks or months, until a day."""

    Frequency = Frequency

    reference = models.CharField(
        _("reference"), max_length=14, unique=True, default=new_reference, validators=[REFERENCE]
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    frequency = models.CharField(_("repeats in"), max_length=10, choices=Frequency)
    interval = models.PositiveSmallIntegerField(
        _("every"), default=1, validators=[MinValueValidator(1)]
    )
    first = models.DateField(_("first day"))
    until = models.DateField(_("last day"))
    begins = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    objects = SeriesQuerySet.as_manager()
    retention = Retention(10, after="its last day", basis=SOCIAL_DATA)

    class Meta:
        verbose_name = _("series of appointments")
        verbose_name_plural = _("series of appointments")
        ordering = ["first", "pk"]
        constraints = [
            Ends("until", begins="first", name="appointment_series_ends_after_start"),
            models.CheckConstraint(
                name="appointment_series_counts",
                condition=Q(begins__lt=F("ends"), interval__gte=1),
                violation_error_message=_("This ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference
