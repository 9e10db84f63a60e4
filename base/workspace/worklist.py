"""What waits for a person, of all kinds: for the worklist, the home page and the menu's counts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.models import FollowUp
from base.workspace.registry import MOST_COUNTED, Text, Tone, WaitingEntry, Work, registry, waiting

WORKLIST = "worklist"
"""The menu's entry beside which all that waits is counted."""

LONGEST = timedelta(days=366)
"""How far ahead something can be put off."""

KEY = re.compile(r"[1-9][0-9]{0,17}")
"""A row's key as it is spelled in a reference; databases take no larger ones."""

URGENCIES: dict[str, Text] = {
    "overdue": gettext_lazy("Overdue"),
    "today": gettext_lazy("Due today"),
    "week": gettext_lazy("Due in the next seven days"),
    "later": gettext_lazy("Due later"),
    "open": gettext_lazy("Without a day"),
}
"""How soon something is due, the soonest first."""
TONES: dict[str, Tone] = {"overdue": "danger", "today": "warning", "week": "warning"}


@dataclass(frozen=True)
class WorkItem:
    """One thing that waits: of which kind, what tells it from others, how it is shown."""

    work: Work
    reference: str
    entry: WaitingEntry
    urgency: str

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.work.key}:{self.reference}"


class Worklist:
    """What waits for a person today. `put_off` leaves out what they follow up later."""

    def __init__(self, user, today: date | None = None):
        self.user = user
        self.today = today or timezone.localdate()
        self._rows: dict[str, QuerySet | list] = {}

    @cached_property
    def works(self) -> list[Work]:
        """The kinds of work this person may have."""
        return registry.of(Work, self.user)

    @cached_property
    def put_off(self) -> dict[str, dict[str, FollowUp]]:
        """Follow-ups whose day has not come, by kind of work and reference."""
        found: dict[str, dict[str, FollowUp]] = {}
        for each in FollowUp.objects.visible_to(self.user).ahead(self.today):
            found.setdefault(each.work, {})[each.reference] = each
        return found

    def rows(self, work: Work) -> QuerySet | list:
        """Return what waits of a kind, without what is put off, the most urgent first."""
        if work.key not in self._rows:
            self._rows[work.key] = self._left(work)
        return self._rows[work.key]

    def _left(self, work: Work) -> QuerySet | list:
        rows, later = work.rows(self.user), self.put_off.get(work.key)
        if not later:
            return rows
        if isinstance(rows, QuerySet):
            return rows.exclude(pk__in=_keys(later))
        return [row for row in rows if work.reference(row) not in later]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How much waits of each kind; one more than is shown means "more"."""
        return {work.key: _count(self.rows(work)) for work in self.works}

    @cached_property
    def done(self) -> list[Text]:
        """What is said of kinds of which nothing waits: what is put off waits as well."""
        idle = [work for work in self.works if not self.counts[work.key]]
        return [
            work.empty
            for work in idle
            if not (work.key in self.put_off and _count(work.rows(self.user)))
        ]

    def count_at(self, menu: str) -> int:
        """Return how much waits behind an entry of the menu."""
        return sum(self.counts[work.key] for work in self.works if work.menu == menu)

    def first_of(self, key: str, most: int) -> list[WorkItem]:
        """Return the most urgent things of a kind known by its key; none if it is not theirs."""
        return [item for work in self.works if work.key == key for item in self.first(work, most)]

    def counted(self, work: Work) -> tuple[list[WorkItem], str]:
        """Return what is shown of a kind, and of which urgency the next thing would be.

        The latter is empty where these are all; of that urgency nobody knows how many there are.
        """
        items = self.first(work, MOST_COUNTED + 1)
        beyond = items[MOST_COUNTED:]
        return items[:MOST_COUNTED], beyond[0].urgency if beyond else ""

    def first(self, work: Work, most: int) -> list[WorkItem]:
        """Return the most urgent things of a kind, as they are shown."""
        return self._shown(work, list(self.rows(work)[:most]))

    def later(self) -> list[tuple[WorkItem, FollowUp]]:
        """Return what is put off and still waits, the next follow-up first."""
        found = []
        for work in self.works:
            later = self.put_off.get(work.key, {})
            found += [(each, later[each.reference]) for each in self.named(work, later)]
        return sorted(found, key=lambda pair: (pair[1].day, pair[1].pk))

    def named(self, work: Work, references: Iterable[str]) -> list[WorkItem]:
        """Return those things of a kind that have these references and wait for the person."""
        wanted = set(references)
        if not wanted:
            return []
        rows = work.rows(self.user)
        if isinstance(rows, QuerySet):
            return self._shown(work, list(rows.filter(pk__in=_keys(wanted))))
        return self._shown(work, [row for row in rows if work.reference(row) in wanted])

    def _shown(self, work: Work, rows: Sequence) -> list[WorkItem]:
        shown = []
        for row, entry in zip(rows, work.entries(rows, self.user), strict=True):
            urgency = self._urgency(entry.due)
            toned = replace(entry, tone=entry.tone or TONES.get(urgency, ""))
            shown.append(WorkItem(work, work.reference(row), toned, urgency))
        return shown

    def _urgency(self, due: date | None) -> str:
        if due is None:
            return "open"
        days = (due - self.today).days
        return "overdue" if days < 0 else "today" if not days else "week" if days <= 7 else "later"


def worklist_of(user) -> Worklist:
    """Return what waits for a person; looked up once for each user object, that is for a page."""
    if not hasattr(user, "_worklist"):
        user._worklist = Worklist(user)
    return user._worklist


def shown_count(count: int, *, more: bool = False) -> str:
    """Return a count as it stands beside a name; empty for none. `more`: there may be more."""
    if not count:
        return ""
    more = more or count > MOST_COUNTED
    return f"{min(count, MOST_COUNTED)}{'+' if more else ''}"


def _keys(references: Iterable[str]) -> list[int]:
    """Return the keys of rows among references.

    A form may say anything, and what was put off when its kind was computed differently is kept.
    """
    return [int(each) for each in references if KEY.fullmatch(each)]


def _count(rows: QuerySet | list) -> int:
    return waiting(rows) if isinstance(rows, QuerySet) else min(len(rows), MOST_COUNTED + 1)


@transaction.atomic
def put_off(things: Sequence[WorkItem], day: date, reason: str, *, by) -> list[FollowUp]:
    """Keep things out of a person's worklist until a day; what was put off before gets that day.

    Raises ValidationError for a day that is not ahead or more than a year away.
    """
    today = timezone.localdate()
    if not today < day <= today + LONGEST:
        raise ValidationError({"day": _("The day lies ahead, at most a year.")})
    kept = []
    for each in things:
        own = FollowUp.objects.visible_to(by).filter(work=each.work.key, reference=each.reference)
        found = own.select_for_update().first() or FollowUp(
            owner=by, work=each.work.key, reference=each.reference
        )
        found.day, found.reason = day, reason
        found.full_clean()
        found.save()
        kept.append(found)
    return kept


@transaction.atomic
def take_back(follow_ups: Iterable[FollowUp], *, by) -> None:
    """Put things back into the worklist of the person who put them off."""
    own = FollowUp.objects.visible_to(by)
    kept = own.filter(pk__in=[row.pk for row in follow_ups])
    for each in kept.select_for_update():
        each.delete()
