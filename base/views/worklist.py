"""The worklist: all that waits for a person, by urgency, and what they follow up later."""

from collections import defaultdict
from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from base.models import FollowUp
from base.once import Once
from base.workspace.fields import DayField
from base.workspace.registry import MOST_COUNTED
from base.workspace.views import Crumb, FormPage, Page, ScopedMixin, SimplePage
from base.workspace.worklist import (
    URGENCIES,
    WORKLIST,
    WorkItem,
    Worklist,
    put_off,
    shown_count,
    take_back,
    worklist_of,
)


class WorklistPage(SimplePage):
    """What waits, the most urgent first; of one kind or urgency where the address says so."""

    permission_required = ()
    template_name = "base/workspace/worklist.html"
    title = gettext_lazy("Worklist")
    menu = WORKLIST

    def get_context_data(self, **kwargs):
        work = worklist_of(self.request.user)
        kinds = [each for each in work.works if work.counts[each.key]]
        asked = self.request.GET
        kind = next((each for each in kinds if each.key == asked.get("kind")), None)
        found, more = [], {}
        for each in kinds if kind is None else [kind]:
            items, ends_at = work.counted(each)
            found += items
            if ends_at:
                more[each] = ends_at
        groups = _by_urgency(found)
        counts = {
            urgency: shown_count(len(items), more=urgency in more.values())
            for urgency, items in groups.items()
        }
        urgency = asked.get("urgency") if asked.get("urgency") in groups else ""
        return super().get_context_data(
            kinds=[(each, shown_count(work.counts[each.key])) for each in kinds],
            kind=kind,
            urgency=urgency,
            urgencies=[(key, URGENCIES[key], counts[key]) for key in groups],
            groups=[
                (key, URGENCIES[key], counts[key], items)
                for key, items in groups.items()
                if urgency in ("", key)
            ],
            cut_off=list(more),
            most=MOST_COUNTED,
            done=work.done,
            later=work.later(),
            **kwargs,
        )


def _by_urgency(items: list[WorkItem]) -> dict[str, list[WorkItem]]:
    """Return the items by urgency, the soonest first; urgencies of none are left out."""
    found: dict[str, list[WorkItem]] = defaultdict(list)
    for item in sorted(items, key=lambda item: (item.entry.due or date.max, item.work.order)):
        found[item.urgency].append(item)
    return {key: found[key] for key in URGENCIES if key in found}


class FollowUpForm(forms.Form):
    """When and why something is looked at again."""

    day = DayField(label=gettext_lazy("Follow-up on"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("For yourself; without names of clients."),
    )


class PutOff(FormPage):
    """Put things off to a day; the worklist names them in the address."""

    permission_required = ()
    form_class = FollowUpForm
    template_name = "base/workspace/put_off.html"
    title = gettext_lazy("Follow up later")
    button = gettext_lazy("Put off")
    menu = WORKLIST

    def crumbs(self):
        return (Crumb(_("Worklist"), reverse("worklist")),)

    @cached_property
    def items(self) -> list[WorkItem]:
        """What is to be put off, of what waits for the person."""
        return _named(worklist_of(self.request.user), self.request.GET.getlist("item"))

    def get(self, request, *args, **kwargs):
        if not self.items:
            return HttpResponseRedirect(reverse("worklist"))
        return super().get(request, *args, **kwargs)

    def act(self, form):
        if not self.items:
            raise ValidationError(_("None of this waits for you any more."))
        return put_off(self.items, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        count = len(result)
        return ngettext("%(count)s thing is put off.", "%(count)s things are put off.", count) % {
            "count": count
        }

    def get_context_data(self, **kwargs):
        return super().get_context_data(items=self.items, **kwargs)


class TakeBack(Page, ScopedMixin, Once, View):
    """Put something back into the worklist before its day."""

    permission_required = ()
    model = FollowUp

    def post(self, request, pk):
        """Put it back; whoever asks in another window meanwhile finds nothing."""
        row = get_object_or_404(self.get_queryset(), pk=pk)
        take_back([row], by=request.user)
        messages.success(request, _("It is in your worklist again."))
        return HttpResponseRedirect(reverse("worklist"))


def _named(worklist: Worklist, keys: list[str]) -> list[WorkItem]:
    """Return what waits for the person of the things that a form names."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        work, _colon, reference = key.partition(":")
        wanted[work].add(reference)
    return [
        item for work in worklist.works for item in worklist.named(work, wanted.get(work.key, ()))
    ]
