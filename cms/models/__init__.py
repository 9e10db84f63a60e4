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

__all__ = [
    "Catalogue",
    "CatalogueEdition",
    "Description",
    "DescriptionEdition",
    "EditionAddOn",
    "EditionArea",
    "EditionEntry",
    "EditionExtra",
    "EditionModule",
    "EditionNeedGroup",
    "EditionPhase",
    "EditionQuantity",
    "EditionStandard",
]
