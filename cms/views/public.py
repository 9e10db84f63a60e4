"""Published catalogues and service descriptions for everybody, without signing in."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from base.editions import Draft, Edition
from cms.models import (
    Catalogue,
    CatalogueEdition,
    ContentPage,
    Description,
    DescriptionEdition,
    ServicePage,
)
from cms.sheets import catalogue_sheet, description_sheet


@dataclass(frozen=True)
class Published:
    """A kind of published content: the last part of its address, and how it is laid out."""

    slug: str
    draft: type[Draft]
    edition: type[Edition]
    sheet: object
    template: str
    label: object


DESCRIPTIONS = "beschreibungen"
DEPTH_OF_SECTIONS = 3
"""How deep in the tree the section of services stands; areas of help stand deeper."""

KINDS = {
    kind.slug: kind
    for kind in (
        Published(
            DESCRIPTIONS,
            Description,
            DescriptionEdition,
            description_sheet,
            "cms/public/description.html",
            _("Service descriptions"),
        ),
        Published(
            "kataloge",
            Catalogue,
            CatalogueEdition,
            catalogue_sheet,
            "cms/public/catalogue.html",
            _("Module catalogues"),
        ),
    )
}


class KindOfOffer:
    """What addresses call a kind: other names below lead to pages in the tree."""

    regex = "|".join(KINDS)

    def to_python(self, value: str) -> str:
        """Return the name of the kind."""
        return value

    to_url = to_python


def published(kind: Published):
    """Return the editions of a kind that are in force today, of drafts that are live.

    One for each draft, by title; taking a draft off line in the studio takes it off here.
    """
    in_force = kind.edition.objects.filter(
        applies_from__lte=timezone.localdate(), **{f"{kind.edition.subject}__live": True}
    )
    subject = kind.edition.subject
    newest: dict[int, int] = {}
    for draft, pk in in_force.order_by("number").values_list(subject, "pk"):
        newest[draft] = pk
    return kind.edition.objects.filter(pk__in=newest.values()).select_related(subject)


class OfferList(TemplateView):
    """All services on offer: by areas of help, and what stands in none."""

    template_name = "cms/public/list.html"

    def get_context_data(self, **kwargs):
        pages = self.pages_in_force()
        areas = self.areas(pages)
        placed = {page.description_id for _area, services in areas for page in services}
        addresses = {page.description_id: page.address for page in pages}
        offers = []
        for kind in KINDS.values():
            subject = kind.edition.subject
            rows = published(kind).values_list(
                subject, f"{subject}__key", "content__title", "applies_from"
            )
            entries = [
                (addresses.get(pk) or reverse("offer", args=[kind.slug, key]), title, day)
                if kind.draft is Description
                else (reverse("offer", args=[kind.slug, key]), title, day)
                for pk, key, title, day in rows
                if not (kind.draft is Description and pk in placed)
            ]
            entries.sort(key=lambda row: row[1].casefold())
            if entries or not areas:
                offers.append((kind, entries))
        return super().get_context_data(
            offers=offers, areas=areas, title=_("Our services"), **kwargs
        )

    def pages_in_force(self) -> list[ServicePage]:
        """Return the pages of services that have an edition in force, by title."""
        return sorted(ServicePage.objects.in_force(), key=lambda page: page.title.casefold())

    def areas(self, pages) -> list[tuple[ContentPage, list[ServicePage]]]:
        """Return the areas of help that the reader may see, with the services in each."""
        sections = ContentPage.objects.readable_by(self.request.user).filter(kind="section")
        found = []
        for area in sections.filter(depth__gt=DEPTH_OF_SECTIONS).order_by("path"):
            services = [page for page in pages if page.is_descendant_of(area)]
            if services:
                found.append((area, services))
        return found


class OfferPage(TemplateView):
    """One catalogue or description in the edition in force."""

    def get(self, request, *args, **kwargs):
        """Show it; a description that has a page in the tree is shown there."""
        pages = ServicePage.objects.live().filter(description__key=self.kwargs["key"])
        if self.published_kind.draft is Description and (page := pages.first()):
            return redirect(page.address, permanent=True)
        return super().get(request, *args, **kwargs)

    def get_template_names(self):
        return [self.published_kind.template]

    @property
    def published_kind(self) -> Published:
        """The kind the address names."""
        return KINDS[self.kwargs["kind"]]

    def get_context_data(self, **kwargs):
        kind = self.published_kind
        found = published(kind).filter(**{f"{kind.edition.subject}__key": self.kwargs["key"]})
        edition = found.first()
        if edition is None:
            raise Http404
        return super().get_context_data(
            edition=edition,
            sheet=kind.sheet(edition.data),
            title=edition.content["title"],
            crumbs=[{"label": _("Our services"), "url": reverse("offers")}],
            **kwargs,
        )
