"""What apps add to the workspace: menu entries, panels, sections of the home page, searches.

An app to the left knows none to its right. Where its screen shows later facts (statements on a
case), the later app registers a panel for it here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
Tone = Literal["", "info", "success", "warning", "danger"]

SECTIONS: dict[str, Text] = {
    "": "",
    "work": _("Work"),
    "agreements": _("Agreements"),
    "money": _("Money and reports"),
    "oversight": _("Oversight"),
}
"""Headings of the menu, in order."""

MOST_COUNTED = 99


@dataclass(frozen=True)
class WaitingEntry:
    """One line of a home section, of the worklist or of search results.

    `due` is the day until which it is to be done; `day` any other day worth telling.
    """

    title: Text
    url: str
    note: Text = ""
    day: date | None = None
    tone: Tone = ""
    due: date | None = None


@dataclass(frozen=True, kw_only=True)
class Item:
    """What all registered things have in common; `permission` is empty for everybody signed in."""

    key: str
    label: Text
    permission: str = ""
    order: int = 100

    def allowed(self, user) -> bool:
        """Return whether the person gets to see it."""
        return user.is_authenticated and (not self.permission or user.has_perm(self.permission))

    def allowed_for(self, user, row: Model) -> bool:
        """Return whether the person gets to see it about a row."""
        return not self.permission or user.has_perm(self.permission, row)


@dataclass(frozen=True, kw_only=True)
class MenuItem(Item):
    """An entry of the side navigation; beside it stands how much work waits there (`Work.menu`).

    `icon` is the name of a KERN icon.
    """

    section: str
    url_name: str
    icon: str

    @property
    def url(self) -> str:
        """Where the entry leads."""
        return reverse(self.url_name)


@dataclass(frozen=True, kw_only=True)
class Panel(Item):
    """Something shown on the page of an object of another app, or in a tab of its own.

    `context(request, object)` returns what `template` needs beside `object` and `request`; None
    where there is nothing to show. It is called only when the tab is open.
    """

    model: type[Model]
    template: str
    context: Callable[[HttpRequest, Model], dict | None]
    place: Literal["tab", "overview"] = "tab"


@dataclass(frozen=True, kw_only=True)
class Work(Item):
    """A kind of thing that waits for a person until it is done.

    `rows(user)` returns all of it, the most urgent first: a query set, or a list of what no table
    holds. `entries(rows, user)` makes lines of a few of them, one for each, in their order.
    Worklist, home page and the count in the menu (at the entry whose key is `menu`) ask `rows`
    alone, so that none of them contradicts another; it is cheap, for it runs with every page.
    `empty` is said where nothing is found, and has to be true of all that was looked at.
    """

    rows: Callable[[Any], QuerySet | list]
    entries: Callable[[Sequence, Any], list[WaitingEntry]]
    empty: Text
    menu: str = ""
    more: str = ""
    """Name of the address that shows all of them, with others."""
    reference: Callable[[Any], str] = lambda row: str(row.pk)
    """What tells a row from all others of the kind, and stays as long as it waits."""
    told_at_once: bool = False
    """Whether an e-mail goes out when something new waits; who does not want it says so."""


@dataclass(frozen=True, kw_only=True)
class HomeSection(Item):
    """A list on the home page that tells of something and waits for nobody.

    `entries(user)` returns at most as many as one wants to read; `empty` is shown for none.
    """

    entries: Callable[[Any], Sequence[WaitingEntry]]
    empty: Text
    more: str = ""
    """Name of the address that shows all of them."""


@dataclass(frozen=True, kw_only=True)
class SearchSource(Item):
    """Something the global search looks in. `find(user, query, most)` returns visible hits."""

    find: Callable[[Any, str, int], Sequence[WaitingEntry]]


FootLink = tuple[Text, str]
"""What a link at the foot of each page is called, and where it leads."""

_foot: list[Callable[[], Sequence[FootLink]]] = []


def register_foot(find: Callable[[], Sequence[FootLink]]) -> None:
    """Say what stands at the foot of each page: imprint and the like are for a later app."""
    _foot[:] = [find]


def foot() -> Sequence[FootLink]:
    """Return what stands at the foot of each page."""
    return _foot[0]() if _foot else ()


@dataclass
class Registry:
    """Everything registered, by kind."""

    items: list[Item] = field(default_factory=list)

    def add(self, *items: Item) -> None:
        """Register; the same key twice for one kind of thing is a mistake."""
        for item in items:
            clash = [i for i in self.items if _identity(i) == _identity(item)]
            if clash:
                raise ValueError(f"{type(item).__name__} {item.key!r} is registered twice")
            self.items.append(item)

    def of(self, kind: type[Item], user) -> list:
        """Return what a person may see of a kind, in order."""
        found = [item for item in self.items if isinstance(item, kind) and item.allowed(user)]
        return sorted(found, key=lambda item: item.order)

    def panels(self, row: Model, user) -> list[Panel]:
        """Return the panels for the page of a row, as far as the person may see them there."""
        return [
            panel
            for panel in self.of(Panel, user)
            if isinstance(row, panel.model) and panel.allowed_for(user, row)
        ]

    def menu(self, user) -> list[tuple[Text, list[MenuItem]]]:
        """Return the menu's sections with their entries; sections without any are left out."""
        items = self.of(MenuItem, user)
        sections = (
            (label, [item for item in items if item.section == key])
            for key, label in SECTIONS.items()
        )
        return [(label, found) for label, found in sections if found]


def _identity(item: Item) -> tuple:
    return type(item), item.key, getattr(item, "model", None)


registry = Registry()
register = registry.add


def waiting(rows: QuerySet) -> int:
    """Count rows, but no further than anybody reads: one more than is shown means "more"."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def matching(sources: Iterable[SearchSource], user, query: str, most: int) -> list[tuple]:
    """Return each source with its hits; sources without hits are left out."""
    found = ((source, source.find(user, query, most)) for source in sources)
    return [(source, hits) for source, hits in found if hits]
