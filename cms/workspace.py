"""What cms adds to the workspace: menu entries and search for catalogues and descriptions."""

from collections.abc import Sequence

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.workspace.registry import (
    MenuItem,
    SearchSource,
    WaitingEntry,
    register,
    register_foot,
)
from cms.models import Catalogue, CatalogueEdition, ContentPage, Description, DescriptionEdition
from cms.models.page import address_of
from cms.views.editions import shown, with_edition_in_force
from cms.views.pages import find_pages


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


def _found_pages(user, query: str, most: int) -> list[WaitingEntry]:
    """Return pages of knowledge and services that hold all words of the query."""
    return [
        WaitingEntry(title=page.title, url=page.address, note=getattr(page, "summary", ""))
        for page in find_pages(user, query, most)
    ]


def _foot() -> list[tuple[str, str]]:
    """Return what an operator shows everybody, on each page: imprint and the like."""
    pages = ContentPage.objects.readable_by(AnonymousUser()).filter(at_foot=True)
    rows = pages.order_by("path").only("title", "url_path")
    return [(page.title, address_of(page)) for page in rows]


register_foot(_foot)
register(
    MenuItem(
        key="knowledge",
        label=_("Knowledge"),
        section="agreements",
        url_name="knowledge",
        icon="info",
        order=50,
    ),
    SearchSource(key="pages", label=_("Knowledge"), find=_found_pages, order=80),
    MenuItem(
        key="catalogues",
        label=_("Module catalogues"),
        permission="cms.view_catalogueedition",
        section="agreements",
        url_name="catalogues",
        icon="category",
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
