"""The handbook: its chapters, and the way from a screen to the one that belongs to it."""

from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import View

from base import handbook
from base.workspace.views import Crumb, Page, SimplePage


class HandbookChapter(SimplePage):
    """One chapter, with the way to its sections and to the other chapters."""

    permission_required = ()
    template_name = "base/workspace/handbook.html"

    @cached_property
    def chapter(self) -> handbook.Chapter:
        """What is read; without a name the beginning."""
        try:
            return handbook.chapter(self.request.GET.get("chapter") or handbook.FIRST)
        except LookupError as missing:
            raise Http404 from missing

    def get_title(self):
        """Return the heading of the chapter."""
        return self.chapter.title

    def crumbs(self):
        """Return the way from the beginning of the handbook."""
        if self.chapter.key == handbook.FIRST:
            return []
        return [Crumb(gettext_lazy("Handbook"), reverse("help"))]

    def get_context_data(self, **kwargs):
        shown = {"chapter": self.chapter, "chapters": handbook.chapters()}
        return super().get_context_data(**kwargs | shown)


class HandbookPlace(Page, View):
    """Leads to what belongs to a screen, for the person who asks there."""

    permission_required = ()

    def get(self, request):
        """Go there."""
        menu = request.GET.get("menu", "")
        return HttpResponseRedirect(handbook.place_for(request.user, menu))
