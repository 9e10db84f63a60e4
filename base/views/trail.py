"""The history of everything, for auditors and administrators."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import django_tables2 as tables
from django import forms
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import number
from base.models import SavedView
from base.replica import reading_from_replica
from base.scoping import people_known_to
from base.trail import registry
from base.trail.entries import KINDS, Cursor, TrailEntry
from base.trail.pages import TrailPage, sources, trail_entries, trail_page
from base.trail.sources import Wanted
from base.workspace.chips import chips_of
from base.workspace.exports import FORMATS, export
from base.workspace.fields import DayField
from base.workspace.views import SimplePage

MOST_EXPORTED = 20_000
MOST_NAMED = 8  # named beside the filters
TRAIL = gettext_lazy("History")
CUT = gettext_lazy("Only the newest %(count)s entries: narrow the filters to export the others.")
NOTHING = TrailPage([], None)


class TrailFilter(forms.Form):
    """What to leave of all that happened."""

    text = forms.CharField(
        label=gettext_lazy("Number, name or text"), required=False, max_length=100
    )
    thing = forms.ChoiceField(label=gettext_lazy("Kind of thing"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    person = forms.ModelChoiceField(
        get_user_model().objects.none(),
        label=gettext_lazy("Person or job"),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    first = DayField(label=gettext_lazy("From"), required=False)
    last = DayField(label=gettext_lazy("Until"), required=False)

    def __init__(self, data, user):
        super().__init__(data)
        self.user = user
        found = [source for source in sources() if source.allowed(user)]
        things = {source.thing: capfirst(str(source.label)) for source in found}
        kinds = set().union(*(source.kinds for source in found))
        self.fields["thing"].choices = _all(things.items())
        self.fields["kind"].choices = _all(
            (key, capfirst(str(label))) for key, label in KINDS.items() if key in kinds
        )
        people = get_user_model().objects.order_by("is_system", "last_name", "username")
        known = people_known_to(user, "base.view_trail")
        self.fields["person"].queryset = people if known is None else people.filter(pk__in=known)

    def wanted(self) -> Wanted | None:
        """Return what the form asks for; None where it cannot be read: nobody asked for that."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        person = given["person"]
        return Wanted(
            user=self.user,
            things=frozenset(filter(None, [given["thing"]])),
            kinds=frozenset(filter(None, [given["kind"]])),
            person=person.pk if person else None,
            text=given["text"],
            named=registry.find(self.user, given["text"]),
            first=beginning(given["first"]),
            last=beginning(given["last"], days=1),
        )


def _all(choices) -> list[tuple]:
    return [("", gettext_lazy("all")), *sorted(choices, key=lambda choice: choice[1])]


def beginning(day, days: int = 0) -> datetime | None:
    """Return the first moment of a day, or of one so many days later."""
    if day is None:
        return None
    moment = datetime.combine(day + timedelta(days=days), datetime.min.time())
    return timezone.make_aware(moment)


class TrailTable(tables.Table):
    """The trail as a file: a line for each changed value."""

    at = tables.Column(verbose_name=gettext_lazy("At"))
    who = tables.Column(verbose_name=gettext_lazy("Person or job"))
    event = tables.Column(verbose_name=gettext_lazy("What happened"))
    thing = tables.Column(verbose_name=gettext_lazy("Kind of thing"))
    which = tables.Column(verbose_name=gettext_lazy("Which"))
    what = tables.Column(verbose_name=gettext_lazy("What changed"))
    old = tables.Column(verbose_name=gettext_lazy("Old value"))
    new = tables.Column(verbose_name=gettext_lazy("New value"))
    reason = tables.Column(verbose_name=gettext_lazy("Reason"))
    note = tables.Column(verbose_name=gettext_lazy("Note"))

    class Meta:
        default = ""
        orderable = False


def lines(entry: TrailEntry) -> list[dict]:
    """Return an entry as lines of a file."""
    common = {
        "at": entry.at,
        "who": entry.actor,
        "event": str(entry.label),
        "thing": str(entry.thing),
        "which": entry.title,
        "reason": entry.reason,
        "note": entry.note,
    }
    hidden = _("changed, not visible to you")
    changes = [
        {"what": str(each.what), "old": each.old, "new": hidden if each.hidden else each.new}
        for each in entry.changes
    ]
    return [common | change for change in changes or [{}]]


class Trail(SimplePage):
    """Everything that happened anywhere, newest first."""

    permission_required = "base.view_trail"
    template_name = "base/trail/trail.html"
    title = TRAIL
    menu = "trail"
    filter_form = TrailFilter

    def get(self, request, *args, **kwargs):
        wanted, format_ = self.wanted, request.GET.get("export")
        if wanted and format_ in FORMATS:
            with reading_from_replica():
                entries, complete = trail_entries(wanted, MOST_EXPORTED)
                rows = [line for entry in entries for line in lines(entry)]
            if not complete:
                rows.append({"note": CUT % {"count": number(MOST_EXPORTED)}})
            return export(format_, TrailTable(rows), request, title=str(TRAIL))
        return super().get(request, *args, **kwargs)

    @cached_property
    def form(self) -> TrailFilter:
        """The filters, as sent with the address."""
        return TrailFilter(self.request.GET, self.request.user)

    @cached_property
    def wanted(self) -> Wanted | None:
        """What the filters ask for; None where they cannot be read."""
        return self.form.wanted()

    def get_context_data(self, **kwargs):
        place = Cursor.parse(self.request.GET.get("before", ""))
        query = self.request.GET.copy()
        for name in ("before", "export"):
            query.pop(name, None)
        active = [name for name in self.form.fields if self.request.GET.get(name)]
        views = SavedView.objects.visible_to(self.request.user)
        named = self.wanted.named if self.wanted else ()
        return super().get_context_data(
            trail=trail_page(self.wanted, place) if self.wanted else NOTHING,
            filter=SimpleNamespace(form=self.form),
            named=[str(each) for each in named[:MOST_NAMED]],
            named_more=len(named) > MOST_NAMED,
            active_filters=len(active),
            chips=chips_of(self.request, self.form, active),
            query=query.urlencode(),
            page_name="trail",
            saved_views=views.filter(page="trail"),
            summary=(),
            actions=[(_("Integrity check"), reverse("integrity"))],
            export_formats=FORMATS,
            begins=place is None,
            **kwargs,
        )
