"""No screens for users and groups: rights follow from roles, people are in the workspace."""

from django.http import Http404
from wagtail.admin.viewsets.base import ViewSet


class NoScreens(ViewSet):
    """A place in Wagtail's registry with no address, no entry of a menu and no permissions."""

    def on_register(self):
        """Register nothing."""

    def get_urlpatterns(self):
        """Return none."""
        return []


def not_there(request, **kwargs):
    """Answer in the place of what Wagtail offers to do with many users at once."""
    raise Http404
