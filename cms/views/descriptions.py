"""Service descriptions in the workspace: list, edition, comparison of editions."""

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.studio.doors import door_to_new
from base.workspace.tables import LinkColumn, Table
from base.workspace.views import Crumb, ListPage, SimplePage
from cms.comparison import compare_descriptions
from cms.models import Description, DescriptionEdition
from cms.sheets import description_sheet
from cms.views.comparison import ComparisonPage
from cms.views.editions import (
    EditionPage,
    EditionsColumn,
    OfferFilter,
    shown,
    with_edition_in_force,
)


class DescriptionTable(Table):
    """Service descriptions with their editions."""

    title_link = LinkColumn(
        accessor="title",
        verbose_name=gettext_lazy("service description"),
        linkify=lambda record: reverse("description-edition", args=[shown(record).pk]),
    )
    voluntary = tables.BooleanColumn(
        verbose_name=gettext_lazy("voluntary"), yesno=f"{gettext_lazy('yes')},–"
    )
    editions = EditionsColumn(url_name="description-edition", verbose_name=gettext_lazy("Editions"))

    class Meta(Table.Meta):
        model = Description
        fields = ("title_link", "voluntary", "editions")


class DescriptionList(ListPage):
    """Service descriptions that have an edition."""

    model = Description
    permission_required = "cms.view_descriptionedition"
    title = gettext_lazy("Service descriptions")
    menu = "descriptions"
    table_class = DescriptionTable
    filterset_class = OfferFilter
    empty_text = gettext_lazy("No service description has been published yet.")

    def actions(self):
        """Return the way to a new one, for who may write one."""
        return door_to_new(Description, self.request.user)

    def get_queryset(self):
        rows = super().get_queryset().order_by("title", "key")
        return with_edition_in_force(rows, DescriptionEdition, timezone.localdate())


class DescriptionEditionPage(EditionPage):
    """An edition of a service description: offer, areas, phases, service standards."""

    model = DescriptionEdition
    permission_required = "cms.view_descriptionedition"
    menu = "descriptions"
    template_name = "cms/descriptionedition.html"
    compare_url = "description-compare"
    url_name = "description-edition"

    def crumbs(self):
        return (Crumb(_("Service descriptions"), reverse("descriptions")),)

    def content(self):
        return {"sheet": description_sheet(self.object.data)}


class DescriptionComparison(ComparisonPage, SimplePage):
    """Two editions of a service description."""

    model = Description
    permission_required = "cms.view_descriptionedition"
    menu = "descriptions"
    compare = staticmethod(compare_descriptions)
    url_name = "description-edition"
    list_url = "descriptions"
