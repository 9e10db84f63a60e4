"""How catalogues and service descriptions are told in the trail."""

from base.trail.registry import ToldContent, register
from cms.comparison import compare_catalogues, compare_descriptions
from cms.models import Catalogue, Description

register(
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
