"""Was anything changed behind the back of history? The last answer, and asking again."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from base.models import Event
from base.tasks import check_integrity
from base.trail.events import record
from base.workspace.once import Once
from base.workspace.views import Crumb, Page


class Integrity(Page, Once, TemplateView):
    """What the last check found; a new one is carried out by a worker."""

    permission_required = "base.view_trail"
    template_name = "base/trail/integrity.html"
    title = gettext_lazy("Integrity check")
    menu = "trail"

    def crumbs(self):
        """Return the way through the trail."""
        return [Crumb(gettext_lazy("History"), reverse("trail"))]

    def post(self, request):
        """Ask for a check, unless one is under way."""
        if not under_way():
            record(Event.Kind.CHECK_ASKED)
            check_integrity.enqueue(asked_by=request.user.pk)
            messages.success(request, _("The check was started."))
        return HttpResponseRedirect(reverse("integrity"))

    def get_context_data(self, **kwargs):
        return super().get_context_data(last=last_check(), under_way=under_way(), **kwargs)


def last_check() -> Event | None:
    """Return the newest result."""
    return Event.objects.filter(kind=Event.Kind.CHECK).order_by("-at", "-pk").first()


def under_way() -> bool:
    """Tell whether a check was asked for and has not ended."""
    asked = Event.objects.filter(kind=Event.Kind.CHECK_ASKED).order_by("-at", "-pk").first()
    last = last_check()
    return asked is not None and (last is None or last.at < asked.at)
