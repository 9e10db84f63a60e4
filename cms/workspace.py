"""What cms adds to the workspace: menu entries and search for catalogues and descriptions."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.workspace.registry import MenuItem, SearchSource, WaitingEntry, register
from cms.models import Catalogue, CatalogueEdition, Description, DescriptionEdition
from cms.views.editions import shown, with_edition_in_force


def _find(model, edition_model, url_name: str, query: str, most: int) -> Sequence[WaitingEntry]:
    rows = with_edition_in_force(
        model.objects.filter(title__icontains=query).order_by("title", "key"),
        edition_model,
        timezone.localdate(),
    )
    return [
        WaitingEntry(title=row.title, url=reverse(url_name, args=[shown(row).pk]))
        for row in rows[:most]
    ]


register(
    MenuItem(
        key="catalogues",
        label=_("Module catalogues"),
        permission="cms.view_catalogueedition",
        section="agreements",
        url_name="catalogues",
        icon="checklist",
        order=30,
    ),
    MenuItem(
        key="descriptions",
        label=_("Service descriptions"),
        permission="cms.view_descriptionedition",
        section="agreements",
        url_name="descriptions",
        icon="draft",
        order=40,
    ),
    SearchSource(
        key="catalogues",
        label=_("Module catalogues"),
        permission="cms.view_catalogueedition",
        find=lambda user, query, most: _find(
            Catalogue, CatalogueEdition, "catalogue-edition", query, most
        ),
        order=60,
    ),
    SearchSource(
        key="descriptions",
        label=_("Service descriptions"),
        permission="cms.view_descriptionedition",
        find=lambda user, query, most: _find(
            Description, DescriptionEdition, "description-edition", query, most
        ),
        order=70,
    ),
)
