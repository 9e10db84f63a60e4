"""What every page of the workspace needs: menu, look, language."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import cached_property

from base.accounts.drafts import draft_key, draft_owner
from base.accounts.middleware import seconds_left
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

    @property
    def draft_owner(self) -> str:
        """The name of the person's drafts on the device."""
        return draft_owner(self.request.user)

    @property
    def draft_key(self) -> str:
        """The key of the person's drafts on the device."""
        return draft_key(self.request.user)

    @property
    def session_seconds(self) -> int:
        """How long a session lasts without activity."""
        return settings.SESSION_COOKIE_AGE

    @property
    def seconds_left(self) -> int:
        """After how many seconds without activity this session ends."""
        return seconds_left(self.request)

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
