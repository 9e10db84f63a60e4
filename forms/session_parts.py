"""Parts in group sessions that rows of work sum up: what each comes to follows from its place."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from contracts.billing import Attended, Terms

Group = tuple[int, date, str, int, int]
"""Case, first of the month or day, kind of work, participants, counsellors: a row of work."""


class Meeting(NamedTuple):
    """Whose records of a contract are a part in a session, for one kind of work."""

    session: str
    day: date
    kind: str
    minutes: int
    participants: int
    counsellors: int
    cases: str
    """Keys, in any order."""


class _Part(NamedTuple):
    case: int
    kind: str
    participants: int
    counsellors: int
    minutes: int
    place: int


Said = tuple[tuple, ...]
"""What the records of a session say besides its name and day: the same of many sessions."""


def rooms_left(meetings: Iterable[Meeting]) -> set[str]:
    """Return the sessions that more participants attended than have a record here.

    Of the others nobody else has one: no session has more records than participants.
    """
    left: dict[str, int] = {}
    for each in meetings:
        left.setdefault(each.session, each.participants)
        left[each.session] -= each.cases.count(" ") + 1
    return {session for session, room in left.items() if room > 0}


def parts_in_sessions(
    meetings: Iterable[Meeting],
    elsewhere: Mapping[str, Collection[str]],
    terms: Terms,
    number_of: Callable[[int], str],
    by_day: Collection[tuple[int, date]] = (),
) -> dict[Group, list[Attended]]:
    """Return by row of work the parts in sessions that it sums up, where staff's time is shared.

    Rows are of a month, those of the cases and months `by_day` of a day. `elsewhere` are the
    numbers of cases under other contracts, by session. A place counts the cases before one in the
    order of their numbers: in sessions that others attended, those of any kind of work that the
    terms price, otherwise those whose time is shared. Sessions alike in all but name and day are
    looked into once.
    """
    sessions: dict[str, list[Meeting]] = {}
    for each in meetings:
        sessions.setdefault(each.session, []).append(each)
    known: dict[tuple, tuple[list[_Part], list[_Part]]] = {}
    times: Counter[tuple] = Counter()
    found: dict[Group, list[Attended]] = defaultdict(list)
    for session, rows in sessions.items():
        others, day = elsewhere.get(session, ()), rows[0].day
        month = day.replace(day=1)
        alike = (month, tuple(row[2:] for row in rows), tuple(sorted(others)))
        if alike not in known:
            parts = _placed(alike[1], others, terms, number_of)
            known[alike] = (
                [part for part in parts if (part.case, month) not in by_day],
                [part for part in parts if (part.case, month) in by_day],
            )
        times[alike] += 1
        for part in known[alike][1]:
            found[part.case, day, *part[1:4]].append(Attended(part.minutes, part.place, 1))
    for alike, number in times.items():
        for part in known[alike][0]:
            group = (part.case, alike[0], *part[1:4])
            found[group].append(Attended(part.minutes, part.place, number))
    return found


def places_of(numbers: Iterable[str]) -> dict[str, int]:
    """Return the place of each case among all who attended: in the order of their numbers (D53)."""
    return {number: place for place, number in enumerate(sorted(set(numbers)))}


def _placed(
    said: Said, others: Collection[str], terms: Terms, number_of: Callable[[int], str]
) -> list[_Part]:
    """Return the parts of one session, in the order of their places."""
    shared = {kind.key: kind.share == "staff" for kind in terms.kinds}
    attending = sorted(
        (number_of(case), case, *row[:4])
        for *row, cases in said
        if row[0] in shared
        for case in map(int, cases.split())
    )
    if others:
        places = places_of([*others, *(each[0] for each in attending)])
    else:
        places = places_of(each[0] for each in attending if shared[each[2]])
    return [
        _Part(case, kind, participants, counsellors, minutes, places[number])
        for number, case, kind, minutes, participants, counsellors in attending
        if shared[kind]
    ]
