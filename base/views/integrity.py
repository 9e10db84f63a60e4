"""Was anything changed behind the back of history? The last answer, and asking again."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from base.acting import system_actor
from base.models import Event
from base.once import Once
from base.queue import begun, waiting
from base.tasks import check_integrity
from base.trail.events import record
from base.workspace.views import Crumb, Page

LONGEST = timedelta(minutes=30)


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
        # Of two who ask at once, the second waits here and sees what the first has queued.
        job = system_actor("integrity")
        get_user_model().objects.select_for_update(no_key=True).get(pk=job.pk)
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
    """Tell whether a check waits for a worker or is being carried out.

    The queue knows, and is told when a worker falls silent. Should nobody be there to tell it,
    a check that began long ago does not keep people from asking for another.
    """
    recently = timezone.now() - LONGEST
    return bool(waiting(check_integrity).count or begun(check_integrity, since=recently))
