"""Editions in the workspace: parts for lists of whatever has editions, and the page of one edition.

Catalogues, descriptions, contracts and form definitions build theirs of these.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import django_filters
import django_tables2 as tables
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Prefetch, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.editions import Edition
from base.formats import day as german
from base.scoping import name_for, strangers_to
from base.studio.doors import doors_of
from base.workspace.views import DetailPage

ONE_DAY = date.resolution
BREAK = SafeString("<br>")


def with_edition_in_force(drafts, edition_model: type[Edition], day: date):
    """Return published drafts with the edition in force on a day as `in_force` (its key).

    Where none applies yet, it is the first that will. Their editions come along without contents.
    """
    own = edition_model._default_manager.filter(**{edition_model.subject: OuterRef("pk")})
    editions = edition_model._default_manager.defer("content", "authors").order_by("-number")
    return (
        drafts.filter(editions__number=1)
        .annotate(in_force=Subquery(own.in_force_on(day).values("pk")[:1]))
        .prefetch_related(Prefetch("editions", queryset=editions, to_attr="dated"))
    )


def shown(draft) -> Edition:
    """Return the edition a list leads to: the one in force, else the first that will be."""
    in_force = [edition for edition in draft.dated if edition.pk == draft.in_force]
    return in_force[0] if in_force else draft.dated[-1]


class EditionsColumn(tables.Column):
    """All editions of a row as links, the newest first; the one in force is marked."""

    def __init__(self, *args, url_name: str, **kwargs):
        self.url_name = url_name
        super().__init__(*args, accessor="pk", **{"orderable": False} | kwargs)

    def render(self, record):
        return format_html_join(
            BREAK,
            '<a href="{}">{}</a> <span class="soft">{}</span>',
            (
                (
                    reverse(self.url_name, args=[edition.pk]),
                    _("Edition %(number)d") % {"number": edition.number},
                    self._from(edition, record),
                )
                for edition in record.dated
            ),
        )

    def value(self, record):
        return ", ".join(
            f"{edition.number} ({german(edition.applies_from)})" for edition in record.dated
        )

    def _from(self, edition: Edition, record) -> str:
        text = _("from %(day)s") % {"day": german(edition.applies_from)}
        return f"{text}, {_('in force')}" if edition.pk == record.in_force else text


class OfferFilter(django_filters.FilterSet):
    """What lists of drafts with editions are searched by."""

    title = django_filters.CharFilter(lookup_expr="icontains", label=gettext_lazy("Title contains"))


class EditionPage(DetailPage):
    """One edition: its content, from when it applies, who wrote and approved it, its seal.

    Subclasses name the address of the comparison (`compare_url`) and lay out the content
    (`content()`). What uses the edition stands in panels of later apps.
    """

    compare_url: str
    url_name: str
    own_tabs = (("editions", gettext_lazy("Editions"), "cms/edition_list.html"),)

    def get_queryset(self):
        subject = self.model.subject
        return super().get_queryset().select_related(subject, "approved_by")

    def get_title(self):
        return self.object.content["title"]

    def content(self) -> dict:
        """Return what the template needs to show the content."""
        return {}

    @cached_property
    def siblings(self) -> list[Edition]:
        """All editions of the same thing, newest first, without their contents."""
        own = {self.model.subject: getattr(self.object, f"{self.model.subject}_id")}
        rows = self.model._default_manager.filter(**own).defer("content")
        return list(rows.select_related("approved_by").order_by("-number"))

    def tab_editions(self) -> dict:
        """The list of all editions."""
        return {"editions": signed(dated(self.siblings), self.strangers)}

    @cached_property
    def strangers(self) -> frozenset[int]:
        """The keys of people who are not named to whoever reads."""
        return strangers_to(self.request.user)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        _edition, last, state = next(
            row for row in dated(self.siblings) if row[0].pk == self.object.pk
        )
        subject = getattr(self.object, f"{self.model.subject}_id")
        return context | {
            "edition": self.object,
            "authors": names_of(self.object.authors, self.strangers),
            "approver": name_for(self.object.approved_by, self.strangers),
            "applies_until": last,
            "state": state,
            "url_name": self.url_name,
            "doors": doors_of(getattr(self.object, self.model.subject), self.request.user),
            "has_others": len(self.siblings) > 1,
            "compare_address": reverse(self.compare_url, args=[subject]),
            "earlier": next((e for e in self.siblings if e.number < self.object.number), None),
            **(self.content() if not context["tab"] else {}),
        }


def dated(editions: Sequence[Edition], day: date | None = None) -> list[tuple]:
    """Return editions, newest first, each with the last day it applies and its state on a day.

    The highest number among those that apply is in force; the last day is None while no later
    edition takes over. States: "ahead", "in_force", "past".
    """
    day = day or timezone.localdate()
    ordered = sorted(editions, key=lambda edition: -edition.number)
    found, begins_next = [], None
    in_force = next((e for e in ordered if e.applies_from <= day), None)
    for edition in ordered:
        last = begins_next and begins_next - ONE_DAY
        state = "in_force" if edition is in_force else "past"
        if edition.applies_from > day and (in_force is None or edition.number > in_force.number):
            state = "ahead"
        found.append((edition, last, state))
        begins_next = min(filter(None, (begins_next, edition.applies_from)))
    return found


def names_of(usernames: Iterable[str], strangers: frozenset[int]) -> list[str]:
    """Return what people are called whose user names an edition keeps; in the same order."""
    users = get_user_model().objects.filter(username__in=list(usernames))
    names = {user.username: name_for(user, strangers) for user in users}
    return [names.get(username, username) for username in usernames]


def signed(rows: Sequence[tuple], strangers: frozenset[int]) -> list[tuple]:
    """Return editions with their last day and state, as `dated` gives them, authors, approver."""
    everybody = sorted({name for edition, _last, _state in rows for name in edition.authors})
    names = dict(zip(everybody, names_of(everybody, strangers), strict=True))
    return [
        (
            *row,
            [names[username] for username in row[0].authors],
            name_for(row[0].approved_by, strangers),
        )
        for row in rows
    ]
