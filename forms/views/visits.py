"""Visits recorded on the way: a page that works without a network, and what it asks the server.

The device keeps what it is given encrypted, and without names (`base/device.js`). What it needs to
show itself without a network, the empty page and static files, is the same for everybody and held
by a service worker, whose scope is this page alone.
"""

import hashlib
import json
from collections import defaultdict
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from django.views.generic import TemplateView

from base.accounts.drafts import draft_owner
from base.formats import clock
from contracts.models import Member
from forms.booking import choices_for
from forms.calendar_grid import moment_of
from forms.models import Appointment, AppointmentMember, Case
from forms.models.record_reason import reasons_to_choose
from forms.views.case_suggestions import told
from forms.views.record_day import NO_MODULE, RecordDay, RecordsFor
from forms.views.record_signature import PAD
from forms.views.shared import today
from forms.ways import Channel, Location

RECORD = "forms.add_servicerecord"
MOST_CASES = 60
"""Cases a device is given beside those of its visits: what one person looks after."""
DAYS_AHEAD = 2
"""Today and tomorrow: whoever sets out early has loaded the page the evening before."""

TAGGED = (
    "kern/in-use.css",
    "base/workspace.css",
    "forms/visits.css",
    "forms/signature.css",
    "forms/visits.js",
    *(f"fira-sans/files/fira-sans-latin-{weight}-normal.woff2" for weight in (400, 500, 600, 700)),
    "base/fallwerk.svg",
)
"""Static files that the page without a network names, under the names it has for them."""
IMPORTED = (
    "base/device.js",
    "forms/choices.js",
    "forms/signature_pad.js",
    "forms/visit_card.js",
    "forms/visit_sending.js",
)
"""Those that its scripts name, under the same names (`config.static`)."""
WAYS = {"channels": Channel.choices, "locations": Location.choices, **PAD}
"""What the empty page already offers: it is the same for every case."""
WORKER = "forms/visits_worker.js"
SHELL = "forms/visits_shell.html"


class Visits(RecordsFor, TemplateView):
    """The visits of today, recorded where they are."""

    template_name = "forms/visits.html"
    title = gettext_lazy("On the way")
    extra_context = WAYS


@require_GET
def visits_shell(request: HttpRequest) -> HttpResponse:
    """Show the same page empty: what the device keeps is put in by its script."""
    return TemplateResponse(request, SHELL, WAYS)


@require_GET
def visits_worker(_request: HttpRequest) -> HttpResponse:
    """Return the service worker; a browser that finds another text installs it anew."""
    kept = {
        "release": _release(),
        "page": reverse("visits"),
        "shell": reverse("visits-shell"),
        "files": [*map(static, (*TAGGED, *IMPORTED))],
    }
    text = f"const KEPT = {json.dumps(kept)};\n{_content(WORKER).decode()}"
    return HttpResponse(text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _release() -> str:
    return _digest() if settings.DEBUG else _digest_once()


def _digest() -> str:
    whole = hashlib.sha256()
    with translation.override(settings.LANGUAGE_CODE):
        whole.update(render_to_string(SHELL, WAYS).encode())
    for name in (*TAGGED, *IMPORTED):
        whole.update(_content(name))
    return whole.hexdigest()[:16]


_digest_once = cache(_digest)


def _content(name: str) -> bytes:
    """Return a static file as it is served: collected, or where it lies in an app."""
    if settings.STATIC_ROOT and staticfiles_storage.exists(name):
        with staticfiles_storage.open(name) as file:
            return file.read()
    return Path(finders.find(name)).read_bytes()


class VisitData(RecordDay):
    """What the device keeps for a day on the way; and takes in what was recorded there.

    One row comes at a time, as from the page of a day. Who typed it says so by the name that the
    person's drafts have: somebody else who is signed in meanwhile sends nothing of it.
    """

    def get(self, request, *args, **kwargs):
        return JsonResponse(
            {
                "person": draft_owner(request.user),
                "csrf": get_token(request),
                "visits": [self._visit(each) for each in self.visits],
                "cases": self._cases(),
                "reasons": [
                    {"key": str(key), "label": label}
                    for key, label in reasons_to_choose(first_version=True).values_list(
                        "pk", "label"
                    )
                ],
                "noModule": NO_MODULE,
            }
        )

    def post(self, request, *args, **kwargs):
        if request.POST.get("person") != draft_owner(request.user):
            told_ = _("Somebody else is signed in: this was not sent.")
            return JsonResponse({"problems": [told_]}, status=409)
        return super().post(request, *args, **kwargs)

    def saved(self, told: str, level: int = 0) -> HttpResponse:
        return JsonResponse({"told": told})

    def refused(self, rows, problems) -> HttpResponse:
        errors: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            for name, found in row.errors.items():
                errors[name] += found
        asks = any(row.asks for row in rows)
        return JsonResponse({"problems": problems, "errors": errors, "asks": asks}, status=422)

    @cached_property
    def own(self) -> dict[int, Member]:
        """The person's own memberships, by organisation: for whose contracts they record."""
        return {each.organisation_id: each for each in self.memberships}

    @cached_property
    def visits(self) -> list[Appointment]:
        """The person's appointments with clients that are not recorded yet."""
        begin = moment_of(today())
        taking_part = AppointmentMember.objects.filter(
            appointment=OuterRef("pk"), member__in=self.own.values()
        )
        rows = Appointment.objects.visible_to(self.request.user)
        rows = rows.without_record(begin + timedelta(days=DAYS_AHEAD))
        rows = rows.filter(Exists(taking_part), begins__gte=begin)
        return list(rows.joined("case__contract").order_by("begins", "pk"))

    def _visit(self, row: Appointment) -> dict:
        begins, ends = (timezone.localtime(at) for at in (row.begins, row.ends))
        return {
            "reference": row.reference,
            "day": f"{row.day:%Y-%m-%d}",
            "begins": clock(begins.time()),
            "ends": clock(ends.time()),
            "case": row.case_id,
            "work": row.work,
            "where": str(row.where),
            "channel": row.channel,
            "location": row.location if row.in_person else "",
        }

    def _cases(self) -> list[dict]:
        """Return what can be recorded for cases: those of the visits and the person's own.

        No names: the number is enough for whoever goes there.
        """
        rows = Case.objects.visible_to(self.request.user, RECORD)
        rows = rows.filter(contract__provider__in=self.own).joined("contract")
        visited = rows.filter(pk__in={each.case_id for each in self.visits})
        mine = rows.recordable_on(today()).looked_after_by(self.own.values(), today())
        mine = mine.order_by("number", "pk")[:MOST_CASES]
        cases = sorted({*visited, *mine}, key=lambda case: case.number)
        choices = choices_for(cases, today()) if cases else {}
        return [
            {
                "pk": case.pk,
                "number": case.number,
                "counsellor": self.own[case.contract.provider_id].pk,
                **told(choices[case.pk]),
            }
            for case in cases
        ]
