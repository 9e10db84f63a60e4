"""The trail, newest first, page by page: the newest few of every source, merged.

What a page costs depends on the number of sources and on its own length, never on how much has
happened: each source is asked for as many keys as the page has entries, and only those that are
shown are loaded, with the versions before them and the names of what they name.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from base.trail import registry
from base.trail.content import PageSource, RevisionSource, StudioSource
from base.trail.editions import EditionSource
from base.trail.entries import CHANGED, CREATED, Cursor, TrailEntry
from base.trail.histories import HistorySource
from base.trail.names import Names
from base.trail.sources import EventSource, Source, Wanted

PER_PAGE = 30
ONE_ACT = timedelta(seconds=2)
"""What an action writes within this time, about one thing and by one person, is one act."""


@dataclass(frozen=True)
class TrailPage:
    """Entries, and where the older ones begin; None at the end."""

    entries: list[TrailEntry]
    older: Cursor | None


def sources() -> list[Source]:
    """Return all sources, in a fixed order."""
    found = [HistorySource(told) for told in registry.all_told()]
    for told in registry.contents():
        found += [EditionSource(told), RevisionSource(told), StudioSource(told)]
    found += [PageSource(), EventSource(), *registry.further_sources()]
    return sorted(found, key=lambda source: source.key)


def trail_page(wanted: Wanted, before: Cursor | None = None, most: int = PER_PAGE) -> TrailPage:
    """Return the newest entries of what is wanted, after a place."""
    asked = {source.key: source for source in sources() if source.fits(wanted)}
    found = [key for source in asked.values() for key in source.newest(wanted, before, most + 1)]
    found.sort(key=lambda key: (key[1], -key[2]))
    found.sort(key=lambda key: key[0], reverse=True)
    shown = found[:most]
    older = Cursor(*shown[-1]) if len(found) > most else None
    return TrailPage(_one_for_each_act(_told(asked, shown, Names(wanted.user))), older)


def trail_entries(wanted: Wanted, most: int, at_once: int = 500) -> tuple[list[TrailEntry], bool]:
    """Return so many of the newest entries, and whether these are all: for exports."""
    entries: list[TrailEntry] = []
    place, rest = None, most
    while rest > 0:
        page = trail_page(wanted, place, min(at_once, rest))
        entries += page.entries
        place = page.older
        if place is None:
            return entries, True
        rest -= at_once
    return entries, False


def _told(asked: dict[str, Source], shown: list[tuple], names: Names) -> list[TrailEntry]:
    wanted = defaultdict(list)
    for _at, key, pk in shown:
        wanted[key].append(pk)
    rows = {
        (key, pk): row for key, pks in wanted.items() for pk, row in asked[key].load(pks, names)
    }
    return [asked[key].entry(rows[key, pk], names) for _at, key, pk in shown]


def _one_for_each_act(entries: list[TrailEntry]) -> list[TrailEntry]:
    """Fold what tells of one act twice: an event, and the version of the row it was about.

    Lines that were written in one act are told together.
    """
    kept: list[TrailEntry] = []
    for entry in entries:
        if kept and _same_act(kept[-1], entry):
            event, version = sorted((kept[-1], entry), key=_is_version)
            event.changes, event.folded = version.changes, version.folded
            event.reason = event.reason or version.reason
            kept[-1] = event
        elif kept and _same_lines(kept[-1], entry):
            kept[-1].changes[:0] = entry.changes
        else:
            kept.append(entry)
    return kept


def _same_lines(newer: TrailEntry, older: TrailEntry) -> bool:
    one = (newer.source, newer.kind, newer.about, newer.actor, newer.reason)
    other = (older.source, older.kind, older.about, older.actor, older.reason)
    return newer.is_line and one == other and newer.at - older.at <= ONE_ACT


def _is_version(entry: TrailEntry) -> bool:
    return entry.kind in (CREATED, CHANGED)


def _same_act(newer: TrailEntry, older: TrailEntry) -> bool:
    same = (newer.about, newer.actor) == (older.about, older.actor)
    untold = not (newer.changes and older.changes)
    told_twice = _is_version(newer) != _is_version(older)
    return told_twice and same and untold and newer.at - older.at <= ONE_ACT
