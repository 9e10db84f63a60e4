"""Finding a draft of any kind by its name."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from base.studio.doors import address
from base.studio.home import editable_by
from base.studio.scope import NAMES, own_drafts

MOST_FOUND = 50


def find(user, words: str) -> list:
    """Return drafts the user may edit whose names hold all words, by kind and name."""
    found = []
    for model in editable_by(user):
        own = {field.name for field in model._meta.concrete_fields}
        rows = own_drafts(model, user)
        for word in words.split():
            named = [Q(**{f"{name}__icontains": word}) for name in NAMES if name in own]
            rows = rows.filter(Q.create(named, connector=Q.OR))
        found += rows[:MOST_FOUND]
    return found[:MOST_FOUND]


class StudioSearch(WagtailAdminTemplateMixin, TemplateView):
    """What the search box beside the menu finds."""

    template_name = "base/studio/search.html"
    page_title = _("Contents")
    header_icon = "search"

    def get_context_data(self, **kwargs):
        words = self.request.GET.get("q", "").strip()
        found = [(draft, address(draft)) for draft in find(self.request.user, words)]
        return super().get_context_data(words=words, found=found, **kwargs)
