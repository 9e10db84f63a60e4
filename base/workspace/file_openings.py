"""Who opened what, and why: asked before a page shows what its reader is not responsible for.

Rows that tell about a person lie in a *file*: a filled form in its case. Whoever is responsible
for the file opens it as ever. Anybody else who may see it says once a day why; the reason stands
in the log, with each opening of that day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from urllib.parse import urlencode, urlsplit

from django.db.models import Model, TextChoices
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import current_time
from base.models.event import Event

HTMX, HTMX_PAGE = "HX-Request", "HX-Current-URL"
WHY, NOTE = "why", "reason"
"""Under these names an event's details hold what was chosen, and what was written about it."""

opened = Signal()
"""Sent with `request`, `about`, the row, its `title` and `why`, when a page has shown it."""


class Why(TextChoices):
    """Why somebody who is not responsible opens a file."""

    SUBSTITUTION = "substitution", _("I am standing in for the person responsible")
    SUPERVISION = "supervision", _("supervision or steering")
    COMPLAINT = "complaint", _("complaint or question about it")
    STATEMENT = "statement", _("check of a statement")
    AUDIT = "audit", _("audit")
    OTHER = "other", _("other")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How rows of a model are kept: in which file, who is responsible for it, where one is asked.

    Both are asked with the person. `page` names the address that takes the file's key, `title`
    says what the row is called in the log: no client's name. A model with `opening_is_logged` has
    one.
    """

    file: Callable[[Model, object], Model]
    responsible: Callable[[Model, object], bool]
    page: str
    title: Callable[[Model], str] = str


_kept: dict[type[Model], Kept] = {}


def keep(model: type[Model], kept: Kept) -> None:
    """Say how rows of a model are kept."""
    _kept[model] = kept


def kept(model: type[Model]) -> Kept:
    """Return how rows of a model are kept; a KeyError where nobody has said so."""
    return _kept[model]


class ReasonNeeded(Exception):
    """A row is not shown before the person has said why; `page` asks for it."""

    def __init__(self, page: str):
        super().__init__(page)
        self.page = page


def reason_given(user, file: Model) -> dict:
    """Return what this person gave today as a reason to open a file; empty where nothing."""
    day = timezone.localdate(current_time())
    given = Event.objects.filter(
        actor_number=user.pk,
        kind=Event.Kind.REASON,
        object_label=file._meta.label_lower,
        object_number=file.pk,
        at__gte=timezone.make_aware(datetime.combine(day, time.min)),
    )
    return given.order_by("-at", "-pk").values_list("detail", flat=True).first() or {}


def require_reason(request: HttpRequest, row: Model) -> None:
    """Raise ReasonNeeded if this person has to say first why they open the row.

    What was said goes along with the request, to stand in the log.
    """
    if not getattr(row, "opening_is_logged", False):
        return
    lies = kept(type(row))
    file = lies.file(row, request.user)
    if lies.responsible(file, request.user):
        return
    given = reason_given(request.user, file)
    if not given:
        raise ReasonNeeded(reverse(lies.page, args=[file.pk]))
    request.reason_to_read = given


def announce(request: HttpRequest, response: HttpResponse, about) -> None:
    """Send `opened` where a row of such a model was shown; one that was refused was not read.

    A file that was taken along is an event of its own.
    """
    shown = request.method == "GET" and response.status_code == 200
    if shown and getattr(about, "opening_is_logged", False) and not response.streaming:
        title = kept(type(about)).title(about)
        opened.send(None, request=request, about=about, title=title, why=why_read(request))


def why_read(request: HttpRequest) -> dict:
    """Return what the person gave as a reason for what this request reads; empty for none."""
    return getattr(request, "reason_to_read", {})


class AskWhy:
    """Leads, from whatever was asked for, to the page that asks why; and from there on to it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception) -> HttpResponse | None:
        """Ask, with the address to go on to; what a script asked for has its page ask."""
        if not isinstance(exception, ReasonNeeded):
            return None
        wanted = request.get_full_path()
        if HTMX in request.headers:
            page = urlsplit(request.headers.get(HTMX_PAGE, ""))
            wanted = f"{page.path}?{page.query}" if page.query else page.path
            asking = f"{exception.page}?{urlencode({'next': wanted})}"
            return HttpResponse(status=204, headers={"HX-Redirect": asking})
        return HttpResponseRedirect(f"{exception.page}?{urlencode({'next': wanted})}")
