"""Addresses of catalogues and service descriptions: workspace, public pages, content API."""

from django.urls import path

from cms.views.api import ContentEdition, ContentList
from cms.views.catalogues import CatalogueComparison, CatalogueEditionPage, CatalogueList
from cms.views.descriptions import DescriptionComparison, DescriptionEditionPage, DescriptionList
from cms.views.public import OfferList, OfferPage

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
    path("leistungen/<slug:kind>/<str:key>/", OfferPage.as_view(), name="offer"),
    path("api/v1/<slug:kind>/", ContentList.as_view(), name="api-list"),
    path(
        "api/v1/<slug:kind>/<str:key>/editions/<int:number>/",
        ContentEdition.as_view(),
        name="api-edition",
    ),
]
