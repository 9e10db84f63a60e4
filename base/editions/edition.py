"""An edition: one approved state of some content, sealed, with the rows projected from it."""

from collections.abc import Iterator
from datetime import date

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel
from pydantic import ValidationError as ContentError

from base.content import read_frozen
from base.immutability import Always
from base.integrity import register as register_check
from base.retention import KeptWith
from base.seals import canonical, seal_of


class PublishedQuerySet(models.QuerySet):
    """What is published for everybody signed in, unless a model narrows it down."""

    def visible_to(self, user, *permissions):
        """Return all rows to whoever is signed in: content names nobody."""
        return self.all() if user.is_authenticated and user.is_active else self.none()


class EditionQuerySet(PublishedQuerySet):
    """Editions, asked by day."""

    def in_force_on(self, day: date):
        """Return editions applying on the day, the one in force first: the highest number wins."""
        return self.filter(applies_from__lte=day).order_by("-number")


class Edition(models.Model):
    """One approved state of some content, from a day on.

    `content` is the whole truth and sealed with the columns around it; rows in other tables are
    projected from it (`rows`) and checked against it (`problems`).
    """

    number = models.PositiveIntegerField(_("edition"))
    applies_from = models.DateField(_("applies from"))
    content = models.JSONField(_("content"))
    seal = models.CharField(_("seal"), max_length=64, editable=False)
    revision = models.PositiveBigIntegerField(
        _("revision"), help_text=_("Number of the draft's revision this edition was frozen from.")
    )
    authors = models.JSONField(_("authors"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    frozen_at = models.DateTimeField(_("frozen at"))

    objects = EditionQuerySet.as_manager()
    frozen = Always()

    content_model: type[BaseModel]
    subject: str
    """Name of the foreign key to what this is an edition of."""
    row_models: tuple[type[models.Model], ...] = ()

    class Meta:
        abstract = True
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{getattr(self, self.subject)} · {self.number}"

    @property
    def data(self):
        """The content as its pydantic model."""
        if not hasattr(self, "_data"):
            self._data = read_frozen(self.content_model, self.content)
        return self._data

    def rows(self) -> list[models.Model]:
        """Return the unsaved rows projected from the content. Subclasses say which."""
        return []

    def sealed(self) -> dict:
        """Return everything the seal covers: every column but the key and the seal itself."""
        columns = [f for f in self._meta.concrete_fields if f.name not in ("id", "seal")]
        return {field.attname: getattr(self, field.attname) for field in columns}

    def problems(self) -> list[str]:
        """Return what differs from the moment of freezing; empty when all is intact."""
        found = []
        if seal_of(self.sealed()) != self.seal:
            found.append(f"{self._meta.db_table} {self.pk}: content does not match its seal")
            return found
        try:
            expected = [_row_values(row) for row in self.rows()]
        except (ValidationError, ContentError):
            # What it refers to is gone, or the content model no longer reads it.
            found.append(f"{self._meta.db_table} {self.pk}: rows can no longer be made")
            return found
        stored = [
            _row_values(row)
            for model in self.row_models
            for row in model.objects.filter(edition=self).order_by("pk")
        ]
        if expected != stored:
            found.append(f"{self._meta.db_table} {self.pk}: rows do not match the content")
        return found


class EditionRow(models.Model):
    """A row projected from an edition's content, frozen with it."""

    frozen = Always()
    retention = KeptWith("edition")

    class Meta:
        abstract = True


def _row_values(row: models.Model) -> tuple:
    fields = [f for f in row._meta.concrete_fields if not f.primary_key]
    return (
        row._meta.db_table,
        *(_stored_as(field, getattr(row, field.attname)) for field in fields),
    )


def _stored_as(field: models.Field, value) -> str:
    """Spell a value as the database gives it back: 7 as 7.00 where two places are kept."""
    if isinstance(field, models.DecimalField) and value is not None:
        return f"{value:.{field.decimal_places}f}"
    return canonical(field.to_python(value))


@register_check
def editions_match_their_seals() -> Iterator[str]:
    """Every edition's content, and the rows projected from it, are those of its freezing."""
    for model in apps.get_models():
        if issubclass(model, Edition):
            for edition in model.objects.iterator():
                yield from edition.problems()
