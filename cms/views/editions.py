"""Catalogues and service descriptions in the workspace: lists, editions, comparison."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby

import django_filters
import django_tables2 as tables
from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Prefetch, Subquery
from django.http import Http404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.comparison import Change
from base.editions import Edition
from base.formats import day as german
from base.workspace.registry import registry
from base.workspace.tables import LinkColumn, Table
from base.workspace.views import Crumb, DetailPage, ListPage, Page, ScopedMixin, SimplePage
from cms.comparison import compare_catalogues, compare_descriptions
from cms.models import Catalogue, CatalogueEdition, Description, DescriptionEdition
from cms.sheets import catalogue_sheet, description_sheet

AFFECTED = ("contracts", "cases")
"""Keys of the panels that say who uses an edition; later apps register them."""


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
    """What catalogues and descriptions are looked for by."""

    title = django_filters.CharFilter(lookup_expr="icontains", label=gettext_lazy("Title contains"))


class CatalogueTable(Table):
    """Module catalogues with their editions."""

    title_link = LinkColumn(
        accessor="title",
        verbose_name=gettext_lazy("module catalogue"),
        linkify=lambda record: reverse("catalogue-edition", args=[shown(record).pk]),
    )
    target = tables.Column(verbose_name=gettext_lazy("target group"))
    editions = EditionsColumn(url_name="catalogue-edition", verbose_name=gettext_lazy("Editions"))

    class Meta(Table.Meta):
        model = Catalogue
        fields = ("title_link", "target", "editions")


class DescriptionTable(Table):
    """Service descriptions with their editions."""

    title_link = LinkColumn(
        accessor="title",
        verbose_name=gettext_lazy("service description"),
        linkify=lambda record: reverse("description-edition", args=[shown(record).pk]),
    )
    voluntary = tables.BooleanColumn(
        verbose_name=gettext_lazy("voluntary"), yesno=f"{gettext_lazy('yes')},–"
    )
    editions = EditionsColumn(url_name="description-edition", verbose_name=gettext_lazy("Editions"))

    class Meta(Table.Meta):
        model = Description
        fields = ("title_link", "voluntary", "editions")


def shown(draft) -> Edition:
    """Return the edition a list leads to: the one in force, else the first that will be."""
    in_force = [edition for edition in draft.dated if edition.pk == draft.in_force]
    return in_force[0] if in_force else draft.dated[-1]


class CatalogueList(ListPage):
    """Module catalogues that have an edition."""

    model = Catalogue
    permission_required = "cms.view_catalogueedition"
    title = gettext_lazy("Module catalogues")
    menu = "catalogues"
    table_class = CatalogueTable
    filterset_class = OfferFilter
    empty_text = gettext_lazy("No module catalogue has been published yet.")

    def get_queryset(self):
        rows = super().get_queryset().order_by("title", "key")
        return with_edition_in_force(rows, CatalogueEdition, timezone.localdate())


class DescriptionList(ListPage):
    """Service descriptions that have an edition."""

    model = Description
    permission_required = "cms.view_descriptionedition"
    title = gettext_lazy("Service descriptions")
    menu = "descriptions"
    table_class = DescriptionTable
    filterset_class = OfferFilter
    empty_text = gettext_lazy("No service description has been published yet.")

    def get_queryset(self):
        rows = super().get_queryset().order_by("title", "key")
        return with_edition_in_force(rows, DescriptionEdition, timezone.localdate())


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
        return {"editions": signed(dated(self.siblings))}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        _edition, last, state = next(
            row for row in dated(self.siblings) if row[0].pk == self.object.pk
        )
        subject = getattr(self.object, f"{self.model.subject}_id")
        return context | {
            "edition": self.object,
            "authors": names_of(self.object.authors),
            "applies_until": last,
            "state": state,
            "url_name": self.url_name,
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


def names_of(usernames: Iterable[str]) -> list[str]:
    """Return what people are called whose user names an edition keeps; in the same order."""
    users = get_user_model().objects.filter(username__in=list(usernames))
    names = {user.username: user.display_name for user in users}
    return [names.get(username, username) for username in usernames]


def signed(rows: Sequence[tuple]) -> list[tuple]:
    """Return editions with their last day and state, as `dated` gives them, and their authors."""
    everybody = sorted({name for edition, _last, _state in rows for name in edition.authors})
    names = dict(zip(everybody, names_of(everybody), strict=True))
    return [(*row, [names[username] for username in row[0].authors]) for row in rows]


class CatalogueEditionPage(EditionPage):
    """An edition of a module catalogue: sheets, need groups with totals, special modules."""

    model = CatalogueEdition
    permission_required = "cms.view_catalogueedition"
    menu = "catalogues"
    template_name = "cms/catalogueedition.html"
    compare_url = "catalogue-compare"
    url_name = "catalogue-edition"

    def crumbs(self):
        return (Crumb(_("Module catalogues"), reverse("catalogues")),)

    def content(self):
        return {"sheet": catalogue_sheet(self.object.data)}


class DescriptionEditionPage(EditionPage):
    """An edition of a service description: offer, areas, phases, service standards."""

    model = DescriptionEdition
    permission_required = "cms.view_descriptionedition"
    menu = "descriptions"
    template_name = "cms/descriptionedition.html"
    compare_url = "description-compare"
    url_name = "description-edition"

    def crumbs(self):
        return (Crumb(_("Service descriptions"), reverse("descriptions")),)

    def content(self):
        return {"sheet": description_sheet(self.object.data)}


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
            "url_name": self.url_name,
            "sections": sections(changes),
            "summary": summary(changes),
            "affected": self.affected(old),
        }

    def affected(self, edition: Edition) -> list[tuple]:
        """Return who uses the older edition: panels with what they show."""
        found = []
        for panel in registry.panels(type(edition), self.request.user):
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
        (section, [(subject, list(inner)) for subject, inner in groupby(found, _subject)])
        for section, found in groupby(changes, lambda change: change.section)
    ]


def _subject(change: Change) -> str:
    return change.subject


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


class CatalogueComparison(ComparisonPage, SimplePage):
    """Two editions of a module catalogue."""

    model = Catalogue
    permission_required = "cms.view_catalogueedition"
    menu = "catalogues"
    compare = staticmethod(compare_catalogues)
    url_name = "catalogue-edition"
    list_url = "catalogues"


class DescriptionComparison(ComparisonPage, SimplePage):
    """Two editions of a service description."""

    model = Description
    permission_required = "cms.view_descriptionedition"
    menu = "descriptions"
    compare = staticmethod(compare_descriptions)
    url_name = "description-edition"
    list_url = "descriptions"
