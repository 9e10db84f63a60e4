"""The service description: its draft, its editions, and the rows editions are asked by."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from base.blocks import ContentField
from base.editions import Draft, Edition, EditionRow, register_draft
from base.retention import FOR_EVER
from cms.content.description import DescriptionContent


class DescriptionEdition(Edition):
    """A service description as approved. Contracts annex it."""

    description = models.ForeignKey("cms.Description", models.PROTECT, related_name="editions")

    content_model = DescriptionContent
    subject = "description"
    retention = FOR_EVER

    class Meta(Edition.Meta):
        verbose_name = _("service description edition")
        verbose_name_plural = _("service description editions")
        constraints = [
            models.UniqueConstraint(
                fields=["description", "number"], name="description_edition_number"
            )
        ]

    def rows(self):
        """Return service areas, phases and service standards."""
        data: DescriptionContent = self.data
        return [
            *(
                EditionArea(
                    edition=self,
                    key=area.key,
                    number=area.number,
                    title=area.title,
                    weekly_minimum=area.contacts_per_week_minimum,
                    weekly_maximum=area.contacts_per_week_maximum,
                    position=position,
                )
                for position, area in enumerate(data.service_areas)
            ),
            *(
                EditionPhase(
                    edition=self,
                    key=phase.key,
                    title=phase.title,
                    minimum_weeks=phase.minimum_weeks,
                    maximum_weeks=phase.maximum_weeks,
                    minimum_months=phase.minimum_months,
                    maximum_months=phase.maximum_months,
                    intensity=phase.intensity,
                    minimum_hours=phase.minimum_hours,
                    position=position,
                )
                for position, phase in enumerate(data.phases)
            ),
            *(
                EditionStandard(
                    edition=self,
                    key=standard.key,
                    label=standard.label,
                    event=standard.event,
                    days=standard.days,
                    position=position,
                )
                for position, standard in enumerate(data.standards)
            ),
        ]


@register_draft
class Description(Draft, index.Indexed):
    """A service description (Leistungsbeschreibung) being written."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=300)
    voluntary = models.BooleanField(
        _("voluntary"), default=False, help_text=_("Refusal has no consequence for the client.")
    )
    offer = ContentField(DescriptionContent, "offer", verbose_name=_("offer"))
    target_group = ContentField(DescriptionContent, "target_group", verbose_name=_("target group"))
    eligibility = ContentField(
        DescriptionContent, "eligibility", verbose_name=_("eligibility criteria")
    )
    goals = ContentField(DescriptionContent, "goals", verbose_name=_("goals"))
    topics = ContentField(DescriptionContent, "topics", verbose_name=_("kinds of help"))
    service_areas = ContentField(
        DescriptionContent, "service_areas", verbose_name=_("service areas")
    )
    phases = ContentField(DescriptionContent, "phases", verbose_name=_("phases"))
    standards = ContentField(DescriptionContent, "standards", verbose_name=_("service standards"))
    framework = ContentField(DescriptionContent, "framework", verbose_name=_("framework"))
    quality = ContentField(DescriptionContent, "quality", verbose_name=_("quality"))

    edition_model = DescriptionEdition
    retention = FOR_EVER
    search_fields = [index.SearchField("title"), index.AutocompleteField("title")]

    class Meta:
        verbose_name = _("service description")
        verbose_name_plural = _("service descriptions")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class EditionArea(EditionRow):
    """A numbered service area of an edition."""

    edition = models.ForeignKey(DescriptionEdition, models.PROTECT, related_name="area_rows")
    key = models.CharField(max_length=60)
    number = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    weekly_minimum = models.PositiveSmallIntegerField(null=True, blank=True)
    weekly_maximum = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class EditionPhase(EditionRow):
    """A phase of an edition with its least and greatest length and least intensity."""

    edition = models.ForeignKey(DescriptionEdition, models.PROTECT, related_name="phase_rows")
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    minimum_weeks = models.PositiveSmallIntegerField(null=True, blank=True)
    maximum_weeks = models.PositiveSmallIntegerField(null=True, blank=True)
    minimum_months = models.PositiveSmallIntegerField(null=True, blank=True)
    maximum_months = models.PositiveSmallIntegerField(null=True, blank=True)
    intensity = models.CharField(max_length=20)
    minimum_hours = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    position = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.title


class EditionStandard(EditionRow):
    """A service standard of an edition: a duty due so many days after an event."""

    edition = models.ForeignKey(DescriptionEdition, models.PROTECT, related_name="standard_rows")
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    event = models.CharField(max_length=300)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.label


DescriptionEdition.row_models = (EditionArea, EditionPhase, EditionStandard)
