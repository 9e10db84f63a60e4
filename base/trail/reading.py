"""The trail, newest first, page by page: the newest few of every source, merged.

What a page costs depends on the number of sources and on its own length, never on how much has
happened: each source is asked for as many keys as the page has entries, and only those that are
shown are loaded, with the versions before them and the names of what they name.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from base.scoping import one_glance
from base.trail import registry
from base.trail.content import content_sources
from base.trail.entries import CHANGED, Cursor, Entry
from base.trail.names import Names
from base.trail.sources import EventSource, HistorySource, Source, Wanted

PER_PAGE = 30
ONE_ACT = timedelta(seconds=2)
"""What an action writes within this time, about one thing and by one person, is one act."""


@dataclass(frozen=True)
class TrailPage:
    """Entries, and where the older ones begin; None at the end."""

    entries: list[Entry]
    older: Cursor | None


def sources() -> list[Source]:
    """Return all sources, in a fixed order."""
    found = [HistorySource(told) for told in registry.all_told()]
    found += [EventSource(), *content_sources(), *registry.further_sources()]
    return sorted(found, key=lambda source: source.key)


def read(wanted: Wanted, before: Cursor | None = None, most: int = PER_PAGE) -> TrailPage:
    """Return the newest entries of what is wanted, after a place."""
    with one_glance(wanted.user):
        return _read(wanted, before, most)


def _read(wanted: Wanted, before: Cursor | None, most: int) -> TrailPage:
    asked = {source.key: source for source in sources() if source.fits(wanted)}
    found = [key for source in asked.values() for key in source.newest(wanted, before, most + 1)]
    found.sort(key=lambda key: (key[1], -key[2]))
    found.sort(key=lambda key: key[0], reverse=True)
    shown = found[:most]
    older = Cursor(*shown[-1]) if len(found) > most else None
    return TrailPage(_one_for_each_act(_told(asked, shown, Names(wanted.user))), older)


def read_all(wanted: Wanted, most: int, at_once: int = 500) -> Iterator[Entry]:
    """Return entries one after another, up to so many: for exports."""
    place, rest = None, most
    while rest > 0:
        page = read(wanted, place, min(at_once, rest))
        yield from page.entries
        rest -= at_once
        if page.older is None:
            return
        place = page.older


def _told(asked: dict[str, Source], shown: list[tuple], names: Names) -> list[Entry]:
    wanted = defaultdict(list)
    for _at, key, pk in shown:
        wanted[key].append(pk)
    rows = {
        (key, pk): row for key, pks in wanted.items() for pk, row in asked[key].load(pks, names)
    }
    return [asked[key].entry(rows[key, pk], names) for _at, key, pk in shown]


def _one_for_each_act(entries: list[Entry]) -> list[Entry]:
    """Fold what tells of one act twice: an event, and the change of the row it was about."""
    kept: list[Entry] = []
    for entry in entries:
        if kept and _same_act(kept[-1], entry):
            event, change = sorted((kept[-1], entry), key=lambda each: each.kind == CHANGED)
            event.changes = change.changes
            event.reason = event.reason or change.reason
            kept[-1] = event
        else:
            kept.append(entry)
    return kept


def _same_act(newer: Entry, older: Entry) -> bool:
    one_is_the_change = (newer.kind == CHANGED) != (older.kind == CHANGED)
    same = (newer.about, newer.actor) == (older.about, older.actor)
    untold = not (newer.changes and older.changes)
    return one_is_the_change and same and untold and newer.at - older.at <= ONE_ACT
