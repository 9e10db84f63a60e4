"""Where content of a kind is edited in the studio: as a snippet, or as a page in a tree."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model
from wagtail.models import Page


@dataclass(frozen=True)
class PageScreens:
    """The studio's screens of a kind of page, as far as they are asked for what snippets have.

    `compare` says by meaning what differs between two contents (`base.comparison`). Publishing a
    page changes nothing beside it, and nothing is computed from its form.
    """

    compare: Callable
    icon: str = "doc-empty-inverse"
    figures = None
    consequences = None
    copy_view_class = None

    def get_url_name(self, screen: str) -> str:
        """Return the name of the address of a screen."""
        return f"wagtailadmin_pages:{screen}"


_OF_PAGES: dict[type[Page], PageScreens] = {}


def register_page_screens(model: type[Page], screens: PageScreens) -> None:
    """Say what the studio knows of a kind of page."""
    _OF_PAGES[model] = screens


def screens_of(model: type[Model]):
    """Return the screens of a kind of content: of a page, or a snippet's viewset."""
    return _OF_PAGES.get(model) or model.snippet_viewset
