"""What every page of the workspace needs: menu, look, language."""

from django.http import HttpRequest
from django.utils.functional import cached_property

from base.workspace.registry import MOST_COUNTED, registry

THEMES = ("light", "dark")


class Workspace:
    """The shell around a page, looked up when a template asks for it."""

    def __init__(self, request: HttpRequest):
        self.request = request

    @cached_property
    def theme(self) -> str:
        """The look the person chose; empty to follow the device."""
        chosen = self.request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @cached_property
    def menu(self) -> list[tuple]:
        """The menu's sections with entries and what waits there, as shown."""
        user = self.request.user
        return [
            (label, [(item, _shown(item.count(user) if item.count else 0)) for item in items])
            for label, items in registry.menu(user)
        ]


def _shown(count: int) -> str:
    if not count:
        return ""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def workspace(request: HttpRequest) -> dict:
    """Context processor: `workspace` in every template."""
    return {"workspace": Workspace(request)}
