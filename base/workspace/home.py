"""Home page, global search and saved views."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from base.models import SavedView
from base.once import Once
from base.workspace.figures import at_home
from base.workspace.registry import HomeSection, SearchSource, matching, registry
from base.workspace.typed import without_typed
from base.workspace.views import Page, ScopedMixin, SimplePage
from base.workspace.worklist import shown_count, worklist_of

MOST_SHOWN = 8
"""Of what waits, so many of each kind; all of it stands in the worklist."""
SHORTEST_QUERY = 2
MOST_SUGGESTED, MOST_FOUND = 5, 50


class Home(SimplePage):
    """What is due, what waits for the person, what changed."""

    permission_required = ()
    template_name = "base/workspace/home.html"
    title = gettext_lazy("Home")
    menu = "home"

    def get_context_data(self, **kwargs):
        user, work = self.request.user, worklist_of(self.request.user)
        return super().get_context_data(
            waiting=[
                (
                    each,
                    shown_count(work.counts[each.key]),
                    [i.entry for i in work.first(each, MOST_SHOWN)],
                )
                for each in work.works
                if work.counts[each.key]
            ],
            done=work.done,
            figures=at_home(user, timezone.localdate()),
            sections=[(s, s.entries(user)) for s in registry.of(HomeSection, user)],
            **kwargs,
        )


class Search(Page, TemplateView):
    """Everything the person may see that matches; as a page, or as suggestions while typing."""

    permission_required = ()
    title = gettext_lazy("Search")

    def get_template_names(self):
        suggesting = self.request.headers.get("HX-Request")
        return ["base/workspace/hits.html" if suggesting else "base/workspace/search.html"]

    def get_context_data(self, **kwargs):
        query = " ".join(self.request.GET.get("q", "").split())
        suggesting = bool(self.request.headers.get("HX-Request"))
        user, found = self.request.user, []
        if len(query) >= SHORTEST_QUERY:
            most = MOST_SUGGESTED if suggesting else MOST_FOUND
            found = matching(registry.of(SearchSource, user), user, query, most)
        return super().get_context_data(
            query=query, found=found, too_short=len(query) < SHORTEST_QUERY, **kwargs
        )


class SaveView(Page, Once, View):
    """Keep the filters of a list under a name; the same name again replaces them.

    What was typed is not kept, so that no name of a client stands in a table of its own.
    """

    permission_required = ()

    def post(self, request):
        page = request.POST.get("page", "")
        try:
            address = reverse(page)
        except NoReverseMatch:
            return HttpResponseRedirect(reverse("home"))
        name = request.POST.get("name", "").strip()
        query = without_typed(page, request.POST.get("query", ""))
        own = SavedView.objects.visible_to(request.user)
        saved = own.filter(page=page, name=name).first()
        saved = saved or SavedView(owner=request.user, page=page, name=name)
        saved.query = query
        try:
            saved.full_clean()
            saved.save()
        except ValidationError:
            messages.error(request, _("A view needs a name of at most 60 characters."))
        else:
            messages.success(request, _("View “%s” saved.") % name)
        return HttpResponseRedirect(f"{address}?{query}")


class DeleteView(Page, ScopedMixin, Once, View):
    """Forget a saved view."""

    permission_required = ()
    model = SavedView

    def post(self, request, pk):
        """Delete it; whoever asks in another window meanwhile waits, and finds nothing."""
        saved = get_object_or_404(self.get_queryset().select_for_update(of=("self",)), pk=pk)
        saved.delete()
        messages.success(request, _("View “%s” deleted.") % saved.name)
        return HttpResponseRedirect(reverse(saved.page))
