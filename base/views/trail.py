"""The history of everything for auditors, of one object for whoever sees it, and as it was."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import django_tables2 as tables
from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.history import Tracked
from base.models import SavedView
from base.scoping import ScopedQuerySet
from base.trail import registry
from base.trail.entries import KINDS, Cursor, Entry
from base.trail.knowing import known
from base.trail.reading import TrailPage, read, read_all, sources
from base.trail.sources import Wanted
from base.workspace.exports import FORMATS, export
from base.workspace.fields import DayField
from base.workspace.views import Crumb, SimplePage

MOST_EXPORTED = 20_000
TRAIL = gettext_lazy("History")


class TrailFilter(forms.Form):
    """What to leave of all that happened."""

    number = forms.CharField(
        label=gettext_lazy("Number of case, contract, statement"), required=False, max_length=60
    )
    text = forms.CharField(
        label=gettext_lazy("Text in reason, reference, content"), required=False, max_length=100
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
        self.fields["person"].queryset = people

    def wanted(self) -> Wanted:
        """Return what the form asks for; what cannot be read of it narrows nothing."""
        self.full_clean()
        given = self.cleaned_data
        number = given.get("number")
        person = given.get("person")
        return Wanted(
            user=self.user,
            things=frozenset(filter(None, [given.get("thing")])),
            kinds=frozenset(filter(None, [given.get("kind")])),
            person=person.pk if person else None,
            about=tuple(registry.find(self.user, number)) if number else None,
            text=given.get("text") or "",
            first=_beginning(given.get("first")),
            last=_beginning(given.get("last"), days=1),
        )


def _all(choices) -> list[tuple]:
    return [("", gettext_lazy("all")), *sorted(choices, key=lambda choice: choice[1])]


def _beginning(day, days: int = 0) -> datetime | None:
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


def lines(entry: Entry) -> list[dict]:
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

    def get(self, request, *args, **kwargs):
        wanted = request.GET.get("export")
        if wanted in FORMATS:
            entries = read_all(self.form.wanted(), MOST_EXPORTED)
            table = TrailTable([line for entry in entries for line in lines(entry)])
            return export(wanted, table, request, title=str(TRAIL))
        return super().get(request, *args, **kwargs)

    @cached_property
    def form(self) -> TrailFilter:
        """The filters, as sent with the address."""
        return TrailFilter(self.request.GET, self.request.user)

    def get_context_data(self, **kwargs):
        wanted = self.form.wanted()
        place = Cursor.parse(self.request.GET.get("before", ""))
        query = self.request.GET.copy()
        for name in ("before", "export"):
            query.pop(name, None)
        active = [name for name in self.form.fields if self.request.GET.get(name)]
        views = SavedView.objects.visible_to(self.request.user)
        return super().get_context_data(
            trail=read(wanted, place),
            filter=SimpleNamespace(form=self.form),
            number_unknown=wanted.about == (),
            active_filters=len(active),
            query=query.urlencode(),
            page_name="trail",
            saved_views=views.filter(page="trail"),
            summary=(),
            actions=[(_("Integrity check"), reverse("integrity"))],
            export_formats=FORMATS,
            begins=place is None,
            **kwargs,
        )


class ObjectPage(SimplePage):
    """A page about the history of one object, for whoever may see the object."""

    permission_required = ()
    menu = "trail"

    @cached_property
    def model(self) -> type[Model]:
        """The model the address names: tracked, or content with editions."""
        try:
            model = apps.get_model(self.kwargs["label"])
        except (LookupError, ValueError) as error:
            raise Http404 from error
        drafts = {each.draft: each.permission for each in registry.contents()}
        needed = drafts.get(model)
        if needed is None and not issubclass(model, Tracked):
            raise Http404
        if not self.request.user.has_perm(needed or registry.told(model).needed):
            raise PermissionDenied
        return model

    @cached_property
    def target(self) -> Model:
        """The row, as it is or as it was last; 404 for what the person may not see."""
        rows = self.model._default_manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(self.request.user)
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is not None or not issubclass(self.model, Tracked):
            return found or get_object_or_404(rows, pk=self.kwargs["pk"])
        key = self.model._meta.pk.attname
        gone = registry.told(self.model).visible(self.request.user)
        last = gone.filter(**{key: self.kwargs["pk"]}).order_by("-history_id").first()
        if last is None or last.history_type != "-":
            raise Http404
        return last.instance

    def crumbs(self):
        """Return the way: the trail for whoever may see it, and the object's own page."""
        found = []
        if self.request.user.has_perm("base.view_trail"):
            found.append(Crumb(TRAIL, reverse("trail")))
        if hasattr(self.target, "get_absolute_url"):
            found.append(Crumb(str(self.target), self.target.get_absolute_url()))
        return found


class ObjectTrail(ObjectPage):
    """What happened to an object and to what belongs to it."""

    template_name = "base/trail/object.html"

    def get_title(self):
        return _("History of %(thing)s") % {"thing": self.target}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**trail_of(self.request, self.target), **kwargs)


class KnownForm(forms.Form):
    """The moment whose knowledge is asked for."""

    day = DayField(label=gettext_lazy("Day"))
    time = forms.TimeField(
        label=gettext_lazy("Time (else the end of the day)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def moment(self) -> datetime | None:
        """Return the moment asked for; None where the form cannot be read."""
        if not self.is_valid():
            return None
        day, time = self.cleaned_data["day"], self.cleaned_data["time"]
        if time is None:
            return _beginning(day, days=1) - timedelta(microseconds=1)
        # The whole minute counts.
        return timezone.make_aware(datetime.combine(day, time.replace(second=59)))


class KnownThen(ObjectPage):
    """An object as it was known at a moment; now, unless another is asked for."""

    template_name = "base/trail/known.html"

    def get_title(self):
        return _("%(thing)s as known then") % {"thing": self.target}

    def crumbs(self):
        """Return the way through the object's history."""
        own = reverse("trail-object", args=[self.model._meta.label_lower, self.target.pk])
        return [*super().crumbs(), Crumb(_("History of %(thing)s") % {"thing": self.target}, own)]

    def get_context_data(self, **kwargs):
        today = timezone.localtime()
        data = self.request.GET if "day" in self.request.GET else {"day": f"{today:%Y-%m-%d}"}
        form = KnownForm(data)
        moment = form.moment()
        return super().get_context_data(
            form=form,
            moment=moment,
            known=known(self.target, moment, self.request.user) if moment else None,
            **kwargs,
        )


def trail_of(request, target: Model) -> dict:
    """Return what the list of an object's history needs; for panels and pages alike."""
    place = Cursor.parse(request.GET.get("before", ""))
    page: TrailPage = read(Wanted(user=request.user, about=(target,)), place)
    query = request.GET.copy()
    query.pop("before", None)
    return {
        "trail": page,
        "target": target,
        "target_label": target._meta.label_lower,
        "query": query.urlencode(),
        "begins": place is None,
    }
