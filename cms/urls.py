"""Addresses of catalogues and service descriptions: workspace and public pages."""

from django.urls import path, register_converter

from cms.views.catalogues import CatalogueComparison, CatalogueEditionPage, CatalogueList
from cms.views.descriptions import DescriptionComparison, DescriptionEditionPage, DescriptionList
from cms.views.pages import KnowledgeList, PictureOfPage
from cms.views.public import KindOfOffer, OfferList, OfferPage

register_converter(KindOfOffer, "kind")

urlpatterns = [
    path("catalogues/", CatalogueList.as_view(), name="catalogues"),
    path("catalogues/<int:pk>/compare/", CatalogueComparison.as_view(), name="catalogue-compare"),
    path("catalogues/editions/<int:pk>/", CatalogueEditionPage.as_view(), name="catalogue-edition"),
    path("descriptions/", DescriptionList.as_view(), name="descriptions"),
    path(
        "descriptions/<int:pk>/compare/",
        DescriptionComparison.as_view(),
        name="description-compare",
    ),
    path(
        "descriptions/editions/<int:pk>/",
        DescriptionEditionPage.as_view(),
        name="description-edition",
    ),
    path("leistungen/", OfferList.as_view(), name="offers"),
    # Everything else below is a page in the tree: areas of help and services.
    path("leistungen/<kind:kind>/<str:key>/", OfferPage.as_view(), name="offer"),
    path("wissen/", KnowledgeList.as_view(), name="knowledge"),
    path("wissen/bilder/<int:pk>/", PictureOfPage.as_view(), name="page-image"),
]
