"""The subscription: its owner's page, and the secret address that other programs read."""

from datetime import timedelta

from allauth.core.internal import ratelimit
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from base.accounts.secrets import decrypted, encrypted
from base.models import Event
from base.trail.events import record
from base.workspace.views import Crumb, FormPage, ObjectFormPage
from forms.actions.share_calendar import revoke_calendar, share_calendar
from forms.calendar_rights import VIEW
from forms.ics import calendar_of
from forms.models import Appointment, AppointmentMember, CalendarFeed
from forms.views.shared import own_members

SHOWN_ONCE = "shared_calendar"
"""Under this name a session keeps the address, encrypted, until its page has shown it."""

BEFORE, AFTER = timedelta(days=60), timedelta(days=400)


@require_safe
def calendar_feed(request, secret: str) -> HttpResponse:
    """Answer whoever knows the secret with its owner's appointments; everybody else with nothing.

    Wrong, revoked and never given are one and the same, in the same time.
    """
    # What allauth offers outside counts no GET; ACCOUNT_RATE_LIMITS says how many.
    limit = {"app": "allauth.account", "action": "calendar_feed", "limit_get": True}
    if not ratelimit.consume(request, **limit):
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    feed = CalendarFeed.objects.written_as(secret)
    if feed is None:
        raise Http404
    owner, now = feed.member.user, timezone.now()
    taking_part = AppointmentMember.objects.filter(member=feed.member).order_by()
    rows = Appointment.objects.visible_to(owner).standing()
    rows = rows.filter(
        pk__in=taking_part.values("appointment"),
        begins__range=(now - BEFORE, now + AFTER),
    )
    if feed.note_use():
        record(Event.Kind.API, actor=owner.pk, title=str(_("Calendar subscription")), about=feed)
    content = calendar_of(rows.order_by("begins", "pk"), name=_("Appointments"), at=now)
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"},
    )


class ShareCalendar(FormPage):
    """One's own subscription: whether there is one, when it was used; made anew, shown once."""

    permission_required = VIEW
    template_name = "forms/calendar_share.html"
    title = gettext_lazy("Subscribe to the calendar")
    button = gettext_lazy("Make address")
    menu = "appointments"

    def has_permission(self):
        return super().has_permission() and self.member is not None

    @cached_property
    def member(self):
        """In which of their places the person shares the calendar."""
        return own_members(self.request.user, VIEW).order_by("pk").first()

    def crumbs(self):
        return [Crumb(_("Calendar"), reverse("appointments"))]

    def get_context_data(self, **kwargs):
        feeds = CalendarFeed.objects.visible_to(self.request.user).filter(member=self.member)
        return super().get_context_data(
            feed=feeds.filter(revoked_at=None).first(), written=self._shown_once(), **kwargs
        )

    def _shown_once(self) -> str:
        kept = self.request.session.pop(SHOWN_ONCE, "")
        if not kept:
            return ""
        path = reverse("calendar-feed", args=[decrypted(kept)])
        return self.request.build_absolute_uri(path)

    def act(self, form):
        feed, secret = share_calendar(member=self.member, by=self.request.user)
        self.request.session[SHOWN_ONCE] = encrypted(secret)
        return feed

    def done(self, result):
        return ""

    def get_success_url(self):
        return reverse("calendar-share")


class RevokeCalendar(ObjectFormPage):
    """Make one's address void."""

    model = CalendarFeed
    permission_required = VIEW
    title = gettext_lazy("End the subscription")
    button = gettext_lazy("End the subscription")
    warning = gettext_lazy("Programs that use the address get nothing any more, at once.")
    menu = "appointments"

    def get_title(self):
        """Return the heading: whose calendar it is."""
        return _("End the subscription of %(member)s") % {"member": self.target.member}

    def get_queryset(self):
        return super().get_queryset().filter(revoked_at=None)

    def crumbs(self):
        return [
            Crumb(_("Calendar"), reverse("appointments")),
            Crumb(_("Subscribe to the calendar"), reverse("calendar-share")),
        ]

    def act(self, form):
        return revoke_calendar(self.target, by=self.request.user)

    def done(self, result):
        return _("The address is void.")
