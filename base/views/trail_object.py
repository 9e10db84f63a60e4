"""The history of one object for whoever sees it, and the object as it was known at a moment."""

from datetime import datetime, timedelta

from django import forms
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.history import DELETED, Tracked
from base.scoping import ScopedQuerySet
from base.trail import registry
from base.trail.entries import Cursor
from base.trail.histories import HistorySource
from base.trail.knowing import known
from base.trail.names import Names
from base.trail.pages import TrailPage, trail_page
from base.trail.sources import Wanted
from base.views.trail import TRAIL, beginning
from base.workspace.fields import DayField
from base.workspace.file_openings import require_reason
from base.workspace.views import Crumb, SimplePage

HISTORY_OF = gettext_lazy("History of %(thing)s")


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
        if model not in self._drafts and not issubclass(model, Tracked):
            raise Http404
        if not self.request.user.has_perm(self._needed(model)):
            raise PermissionDenied
        return model

    @cached_property
    def _drafts(self) -> dict[type[Model], str]:
        return {each.draft: each.permission for each in registry.contents()}

    def _needed(self, model: type[Model]) -> str:
        return self._drafts.get(model) or registry.told(model).needed

    @property
    def needed(self) -> str:
        """The permission to be told of the row."""
        return self._needed(self.model)

    @cached_property
    def newest(self) -> Model | None:
        """The newest version the person is told of; None for content. 404 where there is none."""
        if not issubclass(self.model, Tracked):
            return None
        key = self.model._meta.pk.attname
        versions = registry.told(self.model).visible(self.request.user)
        found = versions.filter(**{key: self.kwargs["pk"]})
        newest = found.order_by("-history_date", "-history_id").first()
        if newest is None:
            raise Http404
        return newest

    @cached_property
    def target(self) -> Model:
        """The row, as it is or as it was last; 404 for what the person may not see."""
        rows = self.model._default_manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(self.request.user, self.needed)
        if self.newest is not None and self.newest.history_type == DELETED:
            return self.newest.instance
        row = get_object_or_404(rows, pk=self.kwargs["pk"])
        require_reason(self.request, row)
        return row

    @cached_property
    def name(self) -> str:
        """What the row is called to this person."""
        if self.newest is None:
            return str(self.target)
        source = HistorySource(registry.told(self.model))
        return source.telling([self.newest], Names(self.request.user)).title(self.newest)

    def crumbs(self):
        """Return the way: the trail for whoever may see it, and the object's own page."""
        found = []
        if self.request.user.has_perm("base.view_trail"):
            found.append(Crumb(TRAIL, reverse("trail")))
        if hasattr(self.target, "get_absolute_url"):
            found.append(Crumb(self.name, self.target.get_absolute_url()))
        return found


class ObjectTrail(ObjectPage):
    """What happened to an object and to what belongs to it."""

    template_name = "base/trail/object.html"

    def get_title(self):
        return HISTORY_OF % {"thing": self.name}

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
            return beginning(day, days=1) - timedelta(microseconds=1)
        # The whole minute counts; of the hour that comes twice in autumn, the second.
        last = time.replace(second=59, microsecond=999_999, fold=1)
        return timezone.make_aware(datetime.combine(day, last))


class KnownThen(ObjectPage):
    """An object as it was known at a moment; now, unless another is asked for."""

    template_name = "base/trail/known.html"

    def get_title(self):
        return _("%(thing)s as known then") % {"thing": self.name}

    def crumbs(self):
        """Return the way through the object's history."""
        own = reverse("trail-object", args=[self.model._meta.label_lower, self.target.pk])
        return [*super().crumbs(), Crumb(HISTORY_OF % {"thing": self.name}, own)]

    def get_context_data(self, **kwargs):
        today = timezone.localtime()
        data = self.request.GET if "day" in self.request.GET else {"day": f"{today:%Y-%m-%d}"}
        form = KnownForm(data)
        moment = form.moment()
        return super().get_context_data(
            form=form,
            name=self.name,
            moment=moment,
            known=known(self.target, moment, self.request.user) if moment else None,
            **kwargs,
        )


def trail_of(request, target: Model) -> dict:
    """Return what the list of an object's history needs; for panels and pages alike."""
    place = Cursor.parse(request.GET.get("before", ""))
    page: TrailPage = trail_page(Wanted(user=request.user, about=(target,)), place)
    query = request.GET.copy()
    query.pop("before", None)
    return {
        "trail": page,
        "target": target,
        "target_label": target._meta.label_lower,
        "query": query.urlencode(),
        "begins": place is None,
    }
