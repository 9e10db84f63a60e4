"""Module catalogues in the workspace: list, edition, comparison of editions."""

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.studio.doors import door_to_new
from base.workspace.tables import LinkColumn, Table
from base.workspace.views import Crumb, ListPage, SimplePage
from cms.comparison import compare_catalogues
from cms.models import Catalogue, CatalogueEdition
from cms.sheets import catalogue_sheet
from cms.views.comparison import ComparisonPage
from cms.views.editions import (
    EditionPage,
    EditionsColumn,
    OfferFilter,
    shown,
    with_edition_in_force,
)


class CatalogueTable(Table):
    """Module catalogues with their editions."""

    title_link = LinkColumn(
        accessor="title",
        verbose_name=gettext_lazy("module catalogue"),
        linkify=lambda record: reverse("catalogue-edition", args=[shown(record).pk]),
    )
    target = tables.Column(verbose_name=gettext_lazy("target group"))
    editions = EditionsColumn(url_name="catalogue-edition", verbose_name=gettext_lazy("Editions"))

    class Meta(Table.Meta):
        model = Catalogue
        fields = ("title_link", "target", "editions")


class CatalogueList(ListPage):
    """Module catalogues that have an edition."""

    model = Catalogue
    permission_required = "cms.view_catalogueedition"
    title = gettext_lazy("Module catalogues")
    menu = "catalogues"
    table_class = CatalogueTable
    filterset_class = OfferFilter
    empty_text = gettext_lazy("No module catalogue has been published yet.")

    def actions(self):
        """Return the way to a new one, for who may write one."""
        return door_to_new(Catalogue, self.request.user)

    def get_queryset(self):
        rows = super().get_queryset().order_by("title", "key")
        return with_edition_in_force(rows, CatalogueEdition, timezone.localdate())


class CatalogueEditionPage(EditionPage):
    """An edition of a module catalogue: sheets, need groups with totals, special modules."""

    model = CatalogueEdition
    permission_required = "cms.view_catalogueedition"
    menu = "catalogues"
    template_name = "cms/catalogueedition.html"
    compare_url = "catalogue-compare"
    url_name = "catalogue-edition"

    def crumbs(self):
        return (Crumb(_("Module catalogues"), reverse("catalogues")),)

    def content(self):
        return {"sheet": catalogue_sheet(self.object.data)}


class CatalogueComparison(ComparisonPage, SimplePage):
    """Two editions of a module catalogue."""

    model = Catalogue
    permission_required = "cms.view_catalogueedition"
    menu = "catalogues"
    compare = staticmethod(compare_catalogues)
    url_name = "catalogue-edition"
    list_url = "catalogues"
