"""Cases suggested while somebody types, with what can be recorded for each."""

from datetime import date

from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.generic import View

from base.workspace.views import Page, ScopedMixin
from forms.booking import Choices, choices_for
from forms.models import Case
from forms.overview import Overview, overview_of
from forms.usage import approximate
from forms.views.shared import day_of, matches, names_known_to, own_member_keys, today

SUGGESTED = 8


class CaseSuggestions(Page, ScopedMixin, View):
    """Cases that match while somebody types a number or a name, with what can be recorded."""

    permission_required = "forms.view_case"
    model = Case

    def get(self, request):
        day = day_of(request.GET.get("day", "")) or today()
        rows = self.get_queryset().filter(assigned_on__lte=day)
        if provider := request.GET.get("provider", ""):
            rows = rows.filter(contract__provider=provider) if provider.isdecimal() else rows.none()
        rows = self._matching(rows, " ".join(request.GET.get("q", "").split())[:100], day)
        cases = list(rows.select_related(None)[:SUGGESTED])
        where = overview_of(cases, day, names=names_known_to(request.user))
        choices = choices_for(cases, day, {key: place.usage for key, place in where.items()})
        found = [_suggestion(case, where[case.pk], choices[case.pk]) for case in cases]
        return JsonResponse({"cases": found})

    def _matching(self, rows, text: str, day: date):
        if key := self.request.GET.get("pk", ""):
            return rows.filter(pk=key) if key.isdecimal() else rows.none()
        # Nothing can be recorded any more for who is closed before that day.
        rows = rows.recordable_on(day)
        own = own_member_keys(self.request.user)
        if not text:
            return rows.looked_after_by(own, today()).order_by("-assigned_on", "number")
        wanted = matches(text, self.request.user)
        return rows.filter(wanted).order_by("number")


def _suggestion(case: Case, where: Overview, choices: Choices) -> dict:
    return {
        "pk": case.pk,
        "number": case.number,
        "name": where.client,
        "status": where.status,
        "statusLabel": str(where.status_label),
        **told(choices),
    }


def told(choices: Choices) -> dict:
    """Return for a script what can be recorded for a case."""
    return {
        "kinds": [
            {"key": kind.key, "label": kind.label, "setting": kind.setting}
            for kind in choices.kinds
        ],
        "modules": [
            {
                "key": module.key,
                "label": module.label,
                "planned": module.usage is not None,
                "rest": rest_of(module.usage),
                "ahead": ahead_of(module.ahead_of),
            }
            for module in choices.modules
        ],
        "complexes": [{"key": each.key, "label": each.label} for each in choices.complexes],
        "topics": [{"key": key, "label": label} for key, label in choices.topics.items()],
        "signed": choices.signed,
    }


def ahead_of(phase: str) -> str:
    """Return what is said of a module whose phase is not agreed on; empty where it is."""
    if not phase:
        return ""
    return _("%s is not agreed on for this day: please give a reason.") % phase


def rest_of(usage) -> dict | None:
    """Return, for the individual part of a module, its guide value and rest in minutes."""
    amount = usage and usage.amount("individual")
    if not amount or not amount.guide:
        return None
    return {
        "unit": amount.unit.short,
        "unitMinutes": amount.unit.minutes,
        "guide": float(amount.guide),
        "used": float(amount.used),
        "text": _("%(used)s of %(guide)s %(unit)s used")
        % {
            "used": approximate(amount.used),
            "guide": approximate(amount.guide),
            "unit": amount.unit.short,
        },
    }
