"""The client's signature under one version of a record: drawn, on paper, or not possible."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from base import formats
from base.ends import NotAhead
from base.history import Tracked
from base.immutability import Kept
from base.retention import KeptWith
from contracts.reach import ProviderScopedQuerySet
from forms.models.service_record import ServiceRecord
from forms.strokes import require_drawing

DRAWING = "forms.read_signature"
"""Who may see how somebody signed, and where the paper lies; that they signed, many may know."""


class RecordSignatureQuerySet(ProviderScopedQuerySet):
    """Signatures of records, by the contract's provider."""

    provider_path = "record__contract__provider"
    needed = "forms.view_servicerecord"

    def current(self):
        """Return those of versions that their records still have."""
        return self.filter(version=F("record__version"))


class RecordSignature(Tracked):
    """A client has signed a record as it was in one version.

    A later version has the same signature again where nothing changed that the client has signed
    (`ServiceRecord.carry_on`), and is signed anew otherwise.

    `strokes` are what was drawn (`forms.strokes`), `paper` says where a signed paper lies, `why`
    why there is no signature. All three are the provider's alone: who refuses may have reasons
    that are nobody else's.
    """

    class Way(models.TextChoices):
        """How it was signed."""

        DRAWN = "drawn", _("on the screen")
        PAPER = "paper", _("on paper")
        NONE = "none", _("not possible")

    class Why(models.TextChoices):
        """Why there is no signature. A choice: words would tell about people's health and ways."""

        GONE = "gone", _("The client can no longer be reached.")
        REFUSED = "refused", _("The client does not want to sign.")
        UNABLE = "unable", _("The client cannot sign.")
        OTHER = "other", _("Another reason")

    record = models.ForeignKey(ServiceRecord, models.PROTECT, related_name="signatures")
    version = models.PositiveIntegerField(_("version"))
    way = models.CharField(_("signed"), max_length=5, choices=Way)
    strokes = models.JSONField(_("drawing"), null=True, blank=True)
    paper = models.CharField(
        _("where the paper lies"),
        max_length=300,
        blank=True,
        help_text=_("For example: paper file, part 2. No names. Stays with your organisation."),
    )
    why = models.CharField(_("why there is none"), max_length=7, choices=Why, blank=True)
    signed_on = models.DateField(_("signed or noted on"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("entered by"),
    )
    entered_at = models.DateTimeField(_("entered on"))

    objects = RecordSignatureQuerySet.as_manager()
    retention = KeptWith("record")
    frozen = Kept(
        "record", "version", "way", "strokes", "paper", "why", "signed_on", "entered_by",
        "entered_at",
    )  # fmt: skip

    class Meta:
        verbose_name = _("signature of a service record")
        verbose_name_plural = _("signatures of service records")
        ordering = ["record", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "version"],
                name="record_signed_once_in_a_version",
                violation_error_message=_("This record is signed already."),
            ),
            models.CheckConstraint(
                name="record_signature_drawn_on_paper_or_none",
                condition=Q(way="drawn", strokes__isnull=False, paper="", why="")
                | (Q(way="paper", strokes__isnull=True, why="") & ~Q(paper=""))
                | (Q(way="none", strokes__isnull=True, paper="") & ~Q(why="")),
                violation_error_message=_(
                    "A signature is either drawn, or on a paper of which is said where it lies, or"
                    " not possible for a reason."
                ),
            ),
            NotAhead("signed_on", name="record_is_signed_by_now"),
        ]

    def __str__(self) -> str:
        return f"{self.record} · {formats.day(self.signed_on)}"

    def clean(self):
        """Refuse what is no drawing, and what was signed before it was there."""
        super().clean()
        if self.strokes is not None:
            require_drawing(self.strokes)
        record = self.record
        if self.version > record.version:
            raise ValidationError(
                _("Record %(record)s has no version %(version)s."),
                params={"record": record.reference, "version": self.version},
            )
        if self.version == record.version:
            if record.status != ServiceRecord.Status.SUBMITTED:
                raise ValidationError(_("A withdrawn record is not signed."))
            if self.signed_on and self.signed_on < record.day:
                raise ValidationError(
                    {"signed_on": _("The work was done later: a record is signed after that.")}
                )
