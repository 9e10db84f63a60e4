"""Published catalogues and service descriptions for everybody, without signing in."""

from dataclasses import dataclass

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from base.editions import Draft, Edition
from cms.models import Catalogue, CatalogueEdition, Description, DescriptionEdition
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


KINDS = {
    kind.slug: kind
    for kind in (
        Published(
            "beschreibungen",
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
    """All services on offer."""

    template_name = "cms/public/list.html"

    def get_context_data(self, **kwargs):
        offers = []
        for kind in KINDS.values():
            rows = published(kind).values_list(
                f"{kind.edition.subject}__key", "content__title", "applies_from"
            )
            entries = sorted(rows, key=lambda row: row[1].casefold())
            offers.append((kind, entries))
        return super().get_context_data(offers=offers, title=_("Our services"), **kwargs)


class OfferPage(TemplateView):
    """One catalogue or description in the edition in force."""

    def get_template_names(self):
        return [self.published_kind.template]

    @property
    def published_kind(self) -> Published:
        """The kind the address names."""
        kind = KINDS.get(self.kwargs["kind"])
        if kind is None:
            raise Http404
        return kind

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
            **kwargs,
        )
