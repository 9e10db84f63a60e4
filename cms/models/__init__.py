"""Nouns of the content app. A draft is edited in the studio; an edition is what others point to."""

from cms.models.catalogue import (
    Catalogue,
    CatalogueEdition,
    EditionAddOn,
    EditionEntry,
    EditionExtra,
    EditionModule,
    EditionNeedGroup,
    EditionQuantity,
)
from cms.models.description import (
    Description,
    DescriptionEdition,
    EditionArea,
    EditionPhase,
    EditionStandard,
)
from cms.models.files import PageImage, PageRendition
from cms.models.page import ContentPage, EditionAppointment, PageEdition
from cms.models.service_page import ServicePage
from cms.models.tree import PageRoot

__all__ = [
    "Catalogue",
    "CatalogueEdition",
    "ContentPage",
    "Description",
    "DescriptionEdition",
    "EditionAddOn",
    "EditionAppointment",
    "EditionArea",
    "EditionEntry",
    "EditionExtra",
    "EditionModule",
    "EditionNeedGroup",
    "EditionPhase",
    "EditionQuantity",
    "EditionStandard",
    "PageEdition",
    "PageImage",
    "PageRendition",
    "PageRoot",
    "ServicePage",
]
