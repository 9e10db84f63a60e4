"""What waits for four people, from what they did alone: plain Python that knows nothing of rows.

It counts days by itself. Two caseworkers, "anna" and "ben", stand in for each other; "lea" leads
their team; "carl" is the counsellor of every case.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
HOLIDAYS = {
    date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14),
    date(2026, 5, 25), date(2026, 6, 4), date(2026, 10, 3), date(2026, 11, 1), date(2026, 12, 25),
    date(2026, 12, 26), date(2027, 1, 1),
}  # fmt: skip
"""Of North Rhine-Westphalia, where the contract is."""
OWN, TEAM, DRAFTS = "deadlines", "deadlines-team", "drafts"


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def next_working(day: date) -> date:
    while not works(day):
        day += ONE_DAY
    return day


def working_days_after(day: date, count: int) -> date:
    for _each in range(count):
        day = next_working(day + ONE_DAY)
    return day


@dataclass
class Task:
    """A deadline as the model knows it."""

    side: str
    ruled: date
    lead_after: int
    extended: date | None = None
    decided: bool = False
    met: bool = False

    @property
    def due(self) -> date:
        return max(self.ruled, self.extended or self.ruled)

    @property
    def waits(self) -> bool:
        return not (self.decided or self.met)


@dataclass
class Known:
    """A case as the model knows it."""

    pk: int
    owners: list[tuple[date, str]]
    tasks: dict[str, Task]
    draft: int | None = None

    @property
    def is_open(self) -> bool:
        return self.draft is not None or any(task.waits for task in self.tasks.values())

    def owner(self, day: date) -> str:
        return [name for since, name in self.owners if since <= day][-1]


@dataclass
class Model:
    """Who works where, and all that was done."""

    cases: list[Known] = field(default_factory=list)
    absences: dict[int, tuple[str, str, date, date]] = field(default_factory=dict)
    later: dict[tuple[str, str, int, str], date] = field(default_factory=dict)
    """Until when somebody has put something off: who, kind, case, which."""
    wishes: dict[str, str] = field(default_factory=dict)
    told_while_away: set[str] = field(default_factory=set)

    def rests(self, name: str, day: date) -> bool:
        """Whether somebody who is there stands in, and they do not want to be told all the same."""
        substitutes = {
            absent: substitute
            for absent, substitute, first, last in self.absences.values()
            if first <= day <= last
        }
        away = name in substitutes and substitutes[name] not in substitutes
        return away and name not in self.told_while_away

    def acts_for(self, name: str, day: date) -> set[str]:
        return {name} | {
            absent
            for absent, substitute, first, last in self.absences.values()
            if substitute == name and first <= day <= last
        }

    def waiting(self, name: str, day: date) -> Counter:
        """How much waits for somebody, by urgency and kind."""
        found: Counter = Counter()
        for kind, case, key, due in self._all(name, day):
            if self.later.get((name, kind, case.pk, key), day) <= day:
                found[_urgency(due, day), kind] += 1
        return found

    def _all(self, name: str, day: date) -> Iterator[tuple[str, Known, str, date | None]]:
        people = self.acts_for(name, day)
        for case in self.cases:
            for key, task in case.tasks.items():
                if not task.waits:
                    continue
                soon, late = task.due <= day + timedelta(days=7), task.due < day
                if case.owner(day) in people and (task.side == "body" and soon or late):
                    yield OWN, case, key, task.due
                if "carl" in people and task.side == "provider" and soon:
                    yield OWN, case, key, task.due
                if name == "lea" and task.due + timedelta(days=task.lead_after) < day:
                    yield TEAM, case, key, task.due
            if name == "carl" and case.draft is not None:
                yield DRAFTS, case, str(case.draft), None

    def things(self, name: str, day: date) -> list[tuple[str, Known, str]]:
        return [(kind, case, key) for kind, case, key, _due in self._all(name, day)]

    def is_told(self, name: str, day: date) -> bool:
        """Whether what waits is what somebody wants to hear of."""
        if self.rests(name, day):
            return False
        urgencies = {urgency for urgency, _kind in self.waiting(name, day)}
        wish = self.wishes.get(name, "daily")
        if wish == "due":
            return bool(urgencies & {"overdue", "today"})
        return bool(urgencies) and wish != "never"


def _urgency(due: date | None, day: date) -> str:
    if due is None:
        return "open"
    return "overdue" if due < day else "today" if due == day else "week"
