"""The page that compares two editions, for whatever has editions."""

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

from django.http import Http404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.comparison import Change
from base.editions import Edition
from base.scoping import name_for, strangers_to
from base.workspace.registry import registry
from base.workspace.views import Crumb, Page, ScopedMixin

AFFECTED = ("contracts", "cases")
"""Keys of the panels that say who uses an edition; later apps register them."""

SECTION, SUBJECT = attrgetter("section"), attrgetter("subject")


class ComparisonPage(Page, ScopedMixin):
    """Two editions of one draft, compared by meaning; `old` and `new` are their numbers.

    Subclasses name `model` (the draft), how contents are compared, the address of an edition and
    of the list. Without numbers the newest edition is compared with the one before it.
    """

    template_name = "cms/comparison.html"
    compare: Callable[..., list[Change]]
    url_name: str
    list_url: str

    def get_title(self):
        return _("Compare editions")

    def crumbs(self):
        kind = self.model._meta.verbose_name_plural
        name = str(kind)[:1].upper() + str(kind)[1:]
        newest = reverse(self.url_name, args=[self.editions[0].pk])
        return (Crumb(name, reverse(self.list_url)), Crumb(self.target.title, newest))

    @cached_property
    def editions(self) -> list[Edition]:
        """All editions, newest first. Raises Http404 where there is none."""
        rows = self.target.editions.select_related("approved_by").defer("content")
        found = list(rows.order_by("-number"))
        if not found:
            raise Http404
        return found

    def _numbered(self, name: str, default: int) -> Edition:
        wanted = self.request.GET.get(name, "")
        number = int(wanted) if wanted.isdecimal() else default
        found = (edition for edition in self.editions if edition.number == number)
        edition = next(found, None)
        if edition is None:
            raise Http404
        return edition

    def get_context_data(self, **kwargs):
        newest = self.editions[0].number
        new = self._numbered("new", newest)
        old = self._numbered("old", max(new.number - 1, 1))
        changes = type(self).compare(old.data, new.data)
        return super().get_context_data(**kwargs) | {
            "draft": self.target,
            "editions": self.editions,
            "old": old,
            "new": new,
            "approver": name_for(new.approved_by, strangers_to(self.request.user)),
            "url_name": self.url_name,
            "sections": sections(changes),
            "summary": summary(changes),
            "affected": self.affected(old),
        }

    def affected(self, edition: Edition) -> list[tuple]:
        """Return who uses the older edition: panels with what they show."""
        found = []
        for panel in registry.panels(edition, self.request.user):
            if panel.key in AFFECTED:
                context = panel.context(self.request, edition)
                if context is not None:
                    values = {"object": edition} | context
                    drawn = render_to_string(panel.template, values, self.request)
                    found.append((panel, drawn))
        return found


def sections(changes: Sequence[Change]) -> list[tuple[str, list[tuple[str, list[Change]]]]]:
    """Return changes by section and, within it, by what they are about."""
    return [
        (section, [(subject, list(inner)) for subject, inner in groupby(found, SUBJECT)])
        for section, found in groupby(changes, SECTION)
    ]


def summary(changes: Sequence[Change]) -> str:
    """Return how much was added, changed, removed, in words; empty for nothing."""
    counts = {
        kind: len([change for change in changes if change.kind == kind])
        for kind in ("added", "changed", "removed")
    }
    texts = {
        "added": ngettext("%(count)d added", "%(count)d added", counts["added"]),
        "changed": ngettext("%(count)d changed", "%(count)d changed", counts["changed"]),
        "removed": ngettext("%(count)d removed", "%(count)d removed", counts["removed"]),
    }
    return ", ".join(texts[kind] % {"count": count} for kind, count in counts.items() if count)
