"""What a reader of the trail sees: entries, each with its changes, and places between them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.models.event import Event
from base.workspace.registry import Text, Tone

MOST_OPEN = 8  # changes shown without a click
CREATED, CHANGED, DELETED = "created", "changed", "deleted"
DRAFT, EDITION, WORKFLOW = "draft", "edition", "workflow"

KINDS: dict[str, Text] = {
    CREATED: _("added"),
    CHANGED: _("changed"),
    DELETED: _("deleted"),
    DRAFT: _("draft saved"),
    EDITION: _("edition approved"),
    WORKFLOW: _("step in the studio"),
    **dict(Event.Kind.choices),
}
"""Kinds of events, by key; apps add theirs with `add_kinds`."""

TONES: dict[str, Tone] = {
    CREATED: "success",
    DELETED: "danger",
    EDITION: "success",
    Event.Kind.LOGIN_FAILED: "warning",
    Event.Kind.EXPORT: "warning",
}


def add_kinds(kinds: dict[str, Text], tones: dict[str, Tone] | None = None) -> None:
    """Make further kinds of events known, with their names and badges."""
    KINDS.update(kinds)
    TONES.update(tones or {})


@dataclass(frozen=True)
class Shown:
    """One changed value as the reader may see it; `hidden`: that it changed is all to be seen.

    `place` is the path of stable keys in content: "modules.m2.quantities.hour".
    """

    what: Text
    old: str = ""
    new: str = ""
    hidden: bool = False
    place: str = ""


@dataclass
class TrailEntry:
    """One thing that happened: who, when, what, old and new values, why.

    `thing` says what kind of thing it happened to, `title` which one. `about` names its row as
    (label of the model, key), for a link to its own history; `url` is a page of its own instead.
    `folded` says that the values are all those with which something began or ended: of interest
    to few. Lines of one act about one thing are gathered into one entry.
    """

    at: datetime
    source: str
    pk: int
    kind: str
    thing: Text
    title: str
    actor: str
    changes: list[Shown] = field(default_factory=list)
    reason: str = ""
    note: str = ""
    about: tuple[str, int] | None = None
    url: str = ""
    folded: bool = False
    is_line: bool = False

    @property
    def label(self) -> Text:
        """The kind of event as people read it."""
        return KINDS[self.kind]

    @property
    def tone(self) -> Tone:
        """How good or bad the kind of event is."""
        return TONES.get(self.kind, "info")

    @property
    def day(self) -> date:
        """The day it happened, here."""
        return timezone.localtime(self.at).date()

    @property
    def is_long(self) -> bool:
        """Whether its values would push everything else out of sight."""
        return len(self.changes) > MOST_OPEN


@dataclass(frozen=True)
class Cursor:
    """A place between two entries: everything older comes after it."""

    at: datetime
    source: str
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.source}~{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the place spelt by `str`; None for anything else."""
        try:
            at, source, pk = text.split("~")
            moment = datetime.fromisoformat(at)
            return None if timezone.is_naive(moment) else cls(moment, source, int(pk))
        except ValueError:
            return None
