"""Form definitions: which questions a form asks, as content with editions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from base.blocks import ContentField
from base.editions import Draft, Edition, EditionRow, register_draft
from base.retention import FOR_EVER
from forms.content import FormContent


class FormEdition(Edition):
    """A form definition as approved. A filled form keeps the edition it was filled in."""

    definition = models.ForeignKey("forms.FormDefinition", models.PROTECT, related_name="editions")

    content_model = FormContent
    subject = "definition"
    unscoped_because = "Questions without answers: the same for everybody."
    retention = FOR_EVER

    class Meta(Edition.Meta):
        verbose_name = _("form edition")
        verbose_name_plural = _("form editions")
        constraints = [
            models.UniqueConstraint(fields=["definition", "number"], name="form_edition_number")
        ]

    def rows(self):
        """Return the fields with their groups."""
        return [
            EditionField(
                edition=self,
                key=field.key,
                label=field.label,
                kind=field.kind,
                group=field.group,
                required=field.required,
                position=position,
            )
            for position, field in enumerate(self.data.questions)
        ]


@register_draft
class FormDefinition(Draft):
    """A form definition being written."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=300)
    introduction = ContentField(FormContent, "introduction", verbose_name=_("introduction"))
    questions = ContentField(FormContent, "questions", verbose_name=_("fields"))

    edition_model = FormEdition
    unscoped_because = "Questions without answers: the same for everybody."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("form definition")
        verbose_name_plural = _("form definitions")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class EditionField(EditionRow):
    """A field of a form edition with the group that decides who sees its value."""

    edition = models.ForeignKey(FormEdition, models.PROTECT, related_name="field_rows")
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    kind = models.CharField(max_length=20)
    group = models.CharField(max_length=20)
    required = models.BooleanField()
    position = models.PositiveSmallIntegerField()

    unscoped_because = "Questions without answers: the same for everybody."

    def __str__(self) -> str:
        return self.label


FormEdition.row_models = (EditionField,)
