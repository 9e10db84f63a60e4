"""The public page of a service description, in the tree: areas of help, services.

The description itself stays a snippet with its drafts, approvals and editions; the page follows
(`cms.actions.follow_description`). It is moved in the explorer and never edited there.
"""

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, PageManager
from wagtail.models.pages import PageQuerySet
from wagtail.search import index

from base.retention import FOR_EVER
from cms.models.description import Description, DescriptionEdition
from cms.models.page import address_of, crumbs_of, framed_for
from cms.models.tree import OnlyItsPlace
from cms.sheets import description_sheet


class ServicePageQuerySet(PageQuerySet):
    """Pages of services by what readers find there."""

    def in_force(self):
        """Return the published pages that show something today: an edition applies by then."""
        begun = DescriptionEdition.objects.filter(applies_from__lte=timezone.localdate())
        shown = begun.order_by().values("description")
        return self.live().filter(description__live=True, description__in=shown)


class ServicePage(Page):
    """Shows the edition of a service description that is in force, today or on a day asked for."""

    description = models.OneToOneField(Description, models.PROTECT, related_name="page")

    objects = PageManager.from_queryset(ServicePageQuerySet)()

    is_creatable = False
    parent_page_types = ("cms.ContentPage",)
    subpage_types = ()
    template = "cms/pages/service.html"
    untracked_because = "It says what the editions of its description say; Wagtail logs its moves."
    retention = FOR_EVER
    search_fields = [*Page.search_fields, index.SearchField("said")]

    class Meta:
        verbose_name = _("page of a service")
        verbose_name_plural = _("pages of services")

    @property
    def address(self) -> str:
        """Where the page is read, on whatever host."""
        return address_of(self)

    def in_force_on(self, day) -> DescriptionEdition | None:
        """Return the edition that readers see on a day, if any applies by then."""
        return self.description.editions.in_force_on(day).first()

    def said(self) -> str:
        """Return the words of what is in force, for the search."""
        edition = self.in_force_on(timezone.localdate())
        return " ".join(_texts(edition.content)) if edition else ""

    def get_context(self, request, *args, **kwargs):
        """Return the edition in force on the day asked for (`day`); 404 where there is none."""
        asked = request.GET.get("day", "")
        try:
            day = parse_date(asked) if asked else timezone.localdate()
        except ValueError:
            day = None
        edition = self.in_force_on(day) if day else None
        if edition is None:
            raise Http404
        return (
            super().get_context(request, *args, **kwargs)
            | framed_for(request)
            | {
                "edition": edition,
                "day": day,
                "is_today": day == timezone.localdate(),
                "title": edition.content["title"],
                "crumbs": crumbs_of(self, request.user),
                "sheet": description_sheet(edition.data),
                "menu_key": "descriptions",
            }
        )

    def get_sitemap_urls(self, request=None):
        """Return the address for search engines, where something is in force."""
        in_force = self.in_force_on(timezone.localdate())
        return super().get_sitemap_urls(request) if in_force else []

    def permissions_for_user(self, user):
        """Return what a person may do with the page in the studio."""
        return OnlyItsPlace(user, self)

    def save_revision(self, *args, **kwargs):
        """Refuse: what the page says is written in the description."""
        raise PermissionDenied


def _texts(value) -> list[str]:
    """Return all texts of a content, however deep."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]
