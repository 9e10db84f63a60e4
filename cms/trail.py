"""How catalogues, service descriptions and pages are told in the trail."""

from base.trail.registry import ToldContent, register
from cms.comparison import compare_catalogues, compare_descriptions, compare_pages
from cms.models import Catalogue, ContentPage, Description

register(
    ToldContent(
        draft=ContentPage,
        permission="base.view_trail",
        compare=compare_pages,
    ),
    ToldContent(
        draft=Catalogue,
        permission="cms.view_catalogueedition",
        compare=compare_catalogues,
        page="catalogue-edition",
    ),
    ToldContent(
        draft=Description,
        permission="cms.view_descriptionedition",
        compare=compare_descriptions,
        page="description-edition",
    ),
)
