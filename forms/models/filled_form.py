"""Filled forms: what was answered about a case, in the edition of the form it was asked in.

A draft takes anything and changes as often as one types. Submitted, it is frozen with its
answers; a correction is a new version that leaves the old one as it was. What people wrote
stands in rows of its own, one for each field, so that it can be shown by the field's group and
erased without the rest (decisions 10 and 11).
"""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.immutability import When, WithParent
from base.reasons import ShortReasonField
from base.retention import KeptWith
from contracts.reach import ProviderScopedQuerySet
from forms.content import FormContent, Section
from forms.models.case import Case
from forms.models.form_definition import EditionField, FormEdition

SUPERSEDED = "superseded"


class FilledFormQuerySet(ProviderScopedQuerySet):
    """Filled forms, by the provider of the case's contract."""

    provider_path = "case__contract__provider"

    def with_state(self):
        """Annotate `is_superseded`: a correction of it was submitted."""
        later = self.model._base_manager.filter(
            supersedes=OuterRef("pk"), status=FilledForm.Status.SUBMITTED
        )
        return self.annotate(is_superseded=Exists(later))

    def submitted(self):
        """Return what was handed in, superseded versions included."""
        return self.filter(status=FilledForm.Status.SUBMITTED)

    def drafts(self):
        """Return what is still being written."""
        return self.filter(status=FilledForm.Status.DRAFT)


class FilledForm(Tracked):
    """A form filled in for a case: its draft, or one version of what was submitted."""

    opening_is_logged = True

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="filled_forms", verbose_name=_("case")
    )
    edition = models.ForeignKey(
        FormEdition, models.PROTECT, related_name="filled_forms", verbose_name=_("form")
    )
    sequence = models.PositiveIntegerField(_("number within the case"))
    version = models.PositiveIntegerField(_("version"), default=1)
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="correction",
        null=True,
        blank=True,
        verbose_name=_("corrects"),
    )
    reason = ShortReasonField(_("reason for the correction"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    voluntary = models.BooleanField(
        _("voluntary"),
        default=False,
        help_text=_("As agreed when it was begun: fields about cooperation are left out."),
    )
    revision = models.PositiveIntegerField(
        _("saved state"), default=1, help_text=_("Counts up with every save of the draft.")
    )
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved at"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("submitted by"),
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)

    objects = FilledFormQuerySet.as_manager()
    frozen = When(status=("submitted",))
    retention = KeptWith("case")

    class Meta:
        verbose_name = _("filled form")
        verbose_name_plural = _("filled forms")
        ordering = ["case", "sequence", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "sequence", "version"], name="filled_form_version"
            ),
            models.CheckConstraint(
                name="filled_form_correction_has_reason",
                condition=Q(version=1, supersedes=None)
                | Q(version__gt=1, supersedes__isnull=False) & ~Q(reason=""),
                violation_error_message=_("A correction needs a reason."),
            ),
            models.CheckConstraint(
                name="filled_form_submitted_by_somebody",
                condition=~Q(status="submitted") & Q(submitted_by=None, submitted_at=None)
                | ~Q(status="draft") & Q(submitted_by__isnull=False, submitted_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["status", "saved_at"], name="filled_form_by_status")]

    def __str__(self) -> str:
        return f"{self.title} {self.reference}"

    @property
    def content(self) -> FormContent:
        """The questions, as they were asked."""
        return self.edition.data

    @property
    def title(self) -> str:
        """What the form is called."""
        return self.edition.content["title"]

    @property
    def reference(self) -> str:
        """Number within all cases, and the version where there were others: K-7/F2 (3)."""
        version = f" ({self.version})" if self.version > 1 else ""
        return f"{self.case.number}/F{self.sequence}{version}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.status == self.Status.DRAFT

    @property
    def state(self) -> str:
        """Its status, or "superseded"; of rows that were read `with_state` alone."""
        return SUPERSEDED if self.is_superseded else self.status

    @property
    def state_label(self) -> str:
        """Its state in words."""
        return _("superseded") if self.is_superseded else self.get_status_display()

    def sections(self) -> list[Section]:
        """Return the fields this form asks, by heading."""
        return self.content.sections(voluntary=self.voluntary)

    def values(self) -> dict[str, str]:
        """Return the stored answers by the key of their field."""
        rows = self.answers.order_by("field__position")
        return dict(rows.values_list("field__key", "value"))


class FormAnswerQuerySet(ProviderScopedQuerySet):
    """Answers, by the provider of the case's contract."""

    provider_path = "filled_form__case__contract__provider"
    needed = "forms.view_filledform"


class FormAnswer(Tracked):
    """What was written into one field. The field's group decides who may read it."""

    opening_is_logged = True

    filled_form = models.ForeignKey(FilledForm, models.PROTECT, related_name="answers")
    field = models.ForeignKey(
        EditionField, models.PROTECT, related_name="+", verbose_name=_("field")
    )
    value = models.TextField(_("value"), blank=True)
    revision = models.PositiveIntegerField(
        _("saved state"), help_text=_("Of the form, when this was written.")
    )

    objects = FormAnswerQuerySet.as_manager()
    frozen = WithParent("filled_form", status=("submitted",))
    retention = KeptWith("filled_form")

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["filled_form", "field__position"]
        constraints = [
            models.UniqueConstraint(fields=["filled_form", "field"], name="answer_once_per_field")
        ]

    def __str__(self) -> str:
        return f"{self.filled_form_id} {self.field}"
