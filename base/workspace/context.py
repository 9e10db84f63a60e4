"""What every page of the workspace needs: menu, look, language."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import cached_property

from base.accounts.drafts import draft_key, draft_owner
from base.accounts.middleware import seconds_left
from base.workspace.registry import FootLink, MenuItem, foot, registry
from base.workspace.worklist import WORKLIST, Worklist, shown_count, worklist_of

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
    def version(self) -> str:
        """Which release runs."""
        return settings.VERSION

    @property
    def session_seconds(self) -> int:
        """How long a session lasts without activity."""
        return settings.SESSION_COOKIE_AGE

    @property
    def seconds_left(self) -> int:
        """After how many seconds without activity this session ends."""
        return seconds_left(self.request)

    @cached_property
    def foot(self) -> list[FootLink]:
        """What stands at the foot of the page."""
        return list(foot())

    @cached_property
    def worklist(self) -> Worklist:
        """What waits for the person."""
        return worklist_of(self.request.user)

    @property
    def waiting(self) -> str:
        """How much waits for the person in all, as it is shown."""
        return shown_count(sum(self.worklist.counts.values()))

    def _count_at(self, item: MenuItem) -> str:
        if item.key == WORKLIST:
            return self.waiting
        return shown_count(self.worklist.count_at(item.key))

    @cached_property
    def menu(self) -> list[tuple]:
        """The menu's sections with entries and what waits there, as shown."""
        user = self.request.user
        return [
            (label, [(item, self._count_at(item)) for item in items])
            for label, items in registry.menu(user)
        ]


def workspace(request: HttpRequest) -> dict:
    """Context processor: `workspace` in every template."""
    return {"workspace": Workspace(request)}
