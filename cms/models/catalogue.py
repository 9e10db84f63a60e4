"""The module catalogue: its draft, its editions, and the rows editions are asked by."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from base.blocks import ContentField
from base.editions import Draft, Edition, EditionRow, register_draft
from base.retention import FOR_EVER
from cms.content.catalogue import CatalogueContent


class CatalogueEdition(Edition):
    """A module catalogue as approved. Cases and contracts point here."""

    catalogue = models.ForeignKey("cms.Catalogue", models.PROTECT, related_name="editions")

    content_model = CatalogueContent
    subject = "catalogue"
    retention = FOR_EVER

    class Meta(Edition.Meta):
        verbose_name = _("catalogue edition")
        verbose_name_plural = _("catalogue editions")
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "number"], name="catalogue_edition_number")
        ]

    def rows(self):
        """Return modules with quantities and extras, need groups with entries, special modules."""
        data: CatalogueContent = self.data
        found = []
        for position, module in enumerate(data.modules):
            found.append(
                EditionModule(
                    edition=self,
                    key=module.key,
                    code=module.code,
                    title=module.title,
                    bookable=module.bookable,
                    phase=module.phase or "",
                    position=position,
                )
            )
            for amount in module.quantities:
                found.append(
                    EditionQuantity(
                        edition=self,
                        module=module.key,
                        unit=amount.unit,
                        unit_minutes=data.unit(amount.unit).minutes,
                        minimum=amount.minimum,
                        maximum=amount.maximum,
                    )
                )
            for extra in module.extras:
                found.append(
                    EditionExtra(
                        edition=self,
                        module=module.key,
                        unit=extra.unit,
                        quantity=extra.quantity,
                        condition=extra.condition,
                    )
                )
        for position, group in enumerate(data.need_groups):
            found.append(
                EditionNeedGroup(
                    edition=self,
                    key=group.key,
                    code=group.code,
                    title=group.title,
                    position=position,
                )
            )
            found += self._entries(group)
        found += [
            EditionAddOn(
                edition=self, module=add_on.module, timing=add_on.timing, after=add_on.after or ""
            )
            for add_on in data.add_ons
        ]
        return sorted(found, key=lambda row: self.row_models.index(type(row)))

    def _entries(self, group):
        for combination in group.combinations:
            for position, entry in enumerate(combination.entries):
                for module in entry.modules:
                    yield EditionEntry(
                        edition=self,
                        need_group=group.key,
                        combination=combination.key,
                        position=position,
                        requirement=entry.requirement,
                        module=module,
                    )


@register_draft
class Catalogue(Draft, index.Indexed):
    """A module catalogue (Modulkatalog) being written."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=300)
    target = models.CharField(_("target group"), max_length=300, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    entry_module = models.SlugField(  # noqa: DJ001  None means: no such module
        _("entry module"),
        max_length=60,
        blank=True,
        null=True,
        help_text=_("Key of the module to be booked before any other."),
    )
    units = ContentField(CatalogueContent, "units", verbose_name=_("units"))
    phases = ContentField(CatalogueContent, "phases", verbose_name=_("phases"))
    modules = ContentField(CatalogueContent, "modules", verbose_name=_("modules"))
    need_groups = ContentField(CatalogueContent, "need_groups", verbose_name=_("need groups"))
    add_ons = ContentField(CatalogueContent, "add_ons", verbose_name=_("special modules"))

    edition_model = CatalogueEdition
    retention = FOR_EVER
    search_fields = [index.SearchField("title"), index.AutocompleteField("title")]

    class Meta:
        verbose_name = _("module catalogue")
        verbose_name_plural = _("module catalogues")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class EditionModule(EditionRow):
    """A module of an edition, found by its stable key."""

    edition = models.ForeignKey(CatalogueEdition, models.PROTECT, related_name="module_rows")
    key = models.CharField(max_length=60)
    code = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    bookable = models.BooleanField()
    phase = models.CharField(max_length=60, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="edition_module_key")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class EditionQuantity(EditionRow):
    """How much of a unit a module takes; equal minimum and maximum mean exactly that."""

    edition = models.ForeignKey(CatalogueEdition, models.PROTECT, related_name="quantity_rows")
    module = models.CharField(max_length=60)
    unit = models.CharField(max_length=60)
    unit_minutes = models.PositiveSmallIntegerField()
    minimum = models.DecimalField(max_digits=8, decimal_places=2)
    maximum = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.module}: {self.minimum}–{self.maximum} {self.unit}"


class EditionExtra(EditionRow):
    """What a condition on the case adds to a module: (+3) for first-time participants."""

    edition = models.ForeignKey(CatalogueEdition, models.PROTECT, related_name="extra_rows")
    module = models.CharField(max_length=60)
    unit = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=8, decimal_places=2)
    condition = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.module}: (+{self.quantity}) {self.condition}"


class EditionNeedGroup(EditionRow):
    """A need group (Hilfebedarfsgruppe) of an edition."""

    edition = models.ForeignKey(CatalogueEdition, models.PROTECT, related_name="need_group_rows")
    key = models.CharField(max_length=60)
    code = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="edition_need_group_key")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class EditionEntry(EditionRow):
    """A module within a combination of a need group, and whether it is required."""

    edition = models.ForeignKey(CatalogueEdition, models.PROTECT, related_name="entry_rows")
    need_group = models.CharField(max_length=60)
    combination = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    requirement = models.CharField(max_length=20)
    module = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.need_group}: {self.requirement} {self.module}"


class EditionAddOn(EditionRow):
    """A special module (Sondermodul) that may join a need group."""

    edition = models.ForeignKey(CatalogueEdition, models.PROTECT, related_name="add_on_rows")
    module = models.CharField(max_length=60)
    timing = models.CharField(max_length=20)
    after = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"{self.module} ({self.timing})"


CatalogueEdition.row_models = (
    EditionModule,
    EditionQuantity,
    EditionExtra,
    EditionNeedGroup,
    EditionEntry,
    EditionAddOn,
)
