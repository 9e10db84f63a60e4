"""The addresses of the API: those of the endpoints that apps register, the index, the rest."""

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import URLPattern, path, resolve, reverse
from django.utils.encoding import iri_to_uri
from rest_framework.response import Response
from rest_framework.views import APIView
from wagtail.api.v2.router import WagtailAPIRouter

from base.api.description import describe
from base.api.endpoints import ApiView, EditionsEndpoint
from base.api.fields import address

SPACE = "api"


class ContentRouter(WagtailAPIRouter):
    """Wagtail's router, with an index and a description of all that is registered."""

    @property
    def endpoints(self) -> list[type[EditionsEndpoint]]:
        """All endpoints, in the order of their names."""
        return [self._endpoints[name] for name in sorted(self._endpoints)]

    def register(self, endpoint: type[EditionsEndpoint]) -> type[EditionsEndpoint]:
        """Take an endpoint in under its name. Use as a class decorator."""
        self.register_endpoint(endpoint.slug, endpoint)
        return endpoint

    def scopes(self) -> dict[str, type[EditionsEndpoint]]:
        """Return what tokens can be given for, with the endpoint each scope opens, or widens."""
        named = {each.scope or each.wider_scope: each for each in self.endpoints}
        return {scope: endpoint for scope, endpoint in named.items() if scope}

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the addresses below /api/v2/."""
        own = [
            path("", Index.as_view(), name="index"),
            path("openapi.json", Description.as_view(), name="description"),
        ]
        return [*own, *super().get_urlpatterns()]


router = ContentRouter(SPACE)


class Index(ApiView, APIView):
    """What there is, where, and which scope a token needs for it."""

    def get(self, request):
        """Answer with all endpoints."""
        return Response(
            {
                "description_url": address(request, f"{SPACE}:description"),
                "endpoints": [
                    {
                        "name": endpoint.slug,
                        "label": endpoint.label,
                        "url": address(request, f"{SPACE}:{endpoint.slug}:listing"),
                        "scope": endpoint.scope or None,
                        "wider_scope": endpoint.wider_scope or None,
                    }
                    for endpoint in router.endpoints
                ],
            }
        )


class Description(ApiView, APIView):
    """The OpenAPI description."""

    def get(self, request):
        """Answer with the description; it changes only with the code."""
        return Response(_described())


@cache
def _described() -> dict:
    return describe(router.endpoints, root=reverse(f"{SPACE}:index"))


class NothingHere(ApiView, APIView):
    """An address below /api/ that is none: refused in the form of all refusals."""

    def initial(self, request, *args, **kwargs):
        raise Http404(f"There is nothing here. {reverse(f'{SPACE}:index')} says what there is.")


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Lead on to the same address with a slash where there is one, otherwise say there is none."""
    with_slash = f"{request.path}/"
    if request.method in ("GET", "HEAD") and resolve(with_slash).func is not nothing_here:
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(
            iri_to_uri(with_slash) + (f"?{query}" if query else "")
        )
    return NothingHere.as_view()(request)
