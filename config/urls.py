"""All addresses: workspace and start page, content studio, login, health, published pages."""

from django.contrib.auth import views as auth_views
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as studio_urls
from wagtail.documents import urls as document_urls

from config.health import health

urlpatterns = [
    path("health", health, name="health"),
    path(
        "accounts/login/",
        auth_views.LoginView.as_view(template_name="base/login.html"),
        name="login",
    ),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("studio/", include(studio_urls)),
    path("documents/", include(document_urls)),
    path("", include("jobs.urls")),
    # Last: published pages answer every path that nothing above has taken.
    path("", include(wagtail_urls)),
]
