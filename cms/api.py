"""What the content API publishes of catalogues, descriptions and pages of knowledge."""

from functools import partial

from django.db.models import Q
from rest_framework.fields import Field

from base.api.endpoints import EditionsEndpoint
from base.api.fields import URL, Part, said
from base.api.readers import reading
from base.api.router import router
from cms.audience import belonging_of
from cms.models import CatalogueEdition, DescriptionEdition, PageEdition
from cms.models.page import BODY, PUBLIC, STAFF, address_of


@router.register
class CatalogueEndpoint(EditionsEndpoint):
    """Module catalogues."""

    model = CatalogueEdition
    slug = "catalogues"
    label = "Module catalogues"


@router.register
class DescriptionEndpoint(EditionsEndpoint):
    """Service descriptions."""

    model = DescriptionEdition
    slug = "descriptions"
    label = "Service descriptions"


class PageAddressField(Field):
    """Where people read the page."""

    def get_attribute(self, instance):
        return instance.page

    def to_representation(self, value):
        return self.context["request"].build_absolute_uri(address_of(value))


@router.register
class PageEndpoint(EditionsEndpoint):
    """Pages of knowledge: those for everybody; for a token with the scope, those of its body, too.

    What was approved last is shown at once, so the newest edition counts unless a day is asked for:
    then the newest of those that were right up to a day no later.
    """

    model = PageEdition
    slug = "pages"
    label = "Pages of knowledge"
    wider_scope = "pages"
    permission = "cms.view_pageedition"
    key = "slug"
    listed_content = ("title", "kind", "summary")

    @classmethod
    def parts(cls):
        address = said(URL, "Where people read the page.")
        return (*super().parts(), Part("address", partial(PageAddressField), address))

    def published(self):
        """Return the editions of pages on line whose reader the asking one is, and always was.

        A page that is for everybody by now can have been for staff alone in an edition before.
        """
        user = reading(self.request, self.wider_scope)
        belonging = belonging_of(user)
        rows = super().published().visible_to(user)
        if belonging.everything:
            return rows
        audiences = [PUBLIC, STAFF] if belonging.staff else [PUBLIC]
        return rows.filter(
            Q(content__audience__in=audiences)
            | Q(content__audience=BODY, content__body__in=sorted(belonging.bodies))
        )

    def begun(self, editions):
        """Return all, unless a day is asked for."""
        return super().begun(editions) if self.asked.as_of else editions

    def named(self, rows):
        return super().named(rows).select_related("page")
