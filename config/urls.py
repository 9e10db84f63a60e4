"""All addresses: workspace, content studio, content API, login, health, published pages."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from wagtail.admin import urls as studio_urls
from wagtail.admin.auth import require_admin_access
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents.views.serve import serve as serve_document
from wagtail.urls import serve_pattern
from wagtail.views import serve as serve_page

from base.api.router import nothing_here, router
from base.studio.account import StudioAccountView
from base.studio.people import not_there
from base.studio.rooms import report_addresses
from config.health import health
from config.health_path import HEALTH

handler400 = "base.accounts.views.bad_request"
handler500 = "config.requests.server_error"

urlpatterns = [
    path(HEALTH.removeprefix("/"), health, name="health"),
    path("accounts/", include("base.accounts.urls")),
    path("language/", set_language, name="set_language"),
    # Wagtail's own login knows neither second factor nor throttling.
    path(
        "studio/login/",
        RedirectView.as_view(pattern_name="account_login", query_string=True),
        name="wagtailadmin_login",
    ),
    path(
        "studio/account/",
        require_admin_access(StudioAccountView.as_view()),
        name="wagtailadmin_account",
    ),
    path("studio/bulk/base/user/<str:action>/", not_there, name="studio_bulk_users"),
    *report_addresses(),
    path("studio/", include(studio_urls)),
    # Of Wagtail's own addresses outside the studio only these two: the others are a login of its
    # own, which asks for a password alone, and passwords that many people share.
    re_path(r"^documents/(\d+)/(.*)$", serve_document, name="wagtaildocs_serve"),
    path("api/v2/", router.urls),
    re_path(r"^api/", nothing_here, name="api-nothing"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("", include("base.urls")),
    path("", include("cms.urls")),
    path("", include("contracts.urls")),
    path("", include("forms.urls")),
    path("", include("jobs.urls")),
    # Last: published pages answer every path that nothing above has taken.
    re_path(serve_pattern, serve_page, name="wagtail_serve"),
]
