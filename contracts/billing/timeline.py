"""Which terms apply on which days: contract editions laid over a period.

The unit of computation is what was agreed, not the edition that says it: days join as long as a
term agrees the same, and each term has its own stretches, so that a change of one cuts no other.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from contracts.billing.period import ONE_DAY, Period
from contracts.billing.scheme import Piece, Segment, Terms

# (the day it applies from, its number, its terms)
Edition = tuple[date, int, tuple[Terms, ...]]


def segments(
    editions: Sequence[Edition], period: Period, *, first: date, last: date | None = None
) -> list[Segment]:
    """Cut a period into segments, preceded by those that only feed opening balances.

    On each day the edition with the HIGHEST NUMBER among those that apply by then is in force:
    a retroactive amendment overrides what earlier editions say about later days. Terms that read
    each other's totals or draw on one limit have their segments in common; those of others follow.
    Segments are cut where what such terms agree changes, and at the contract's `first` and `last`
    day (None: open); where an edition says the same as the one before, they go on.
    """
    if not editions:
        return []
    begin = max(first, min(applies_from for applies_from, _, _ in editions))
    within = period.cut(begin, last)
    if within is None:
        return []
    whole = Period(begin, within.last)
    found: list[Segment] = []
    for keys in _related(editions):
        own = [(start, number, _chosen(terms, keys)) for start, number, terms in editions]
        known = list(_pieces(own, whole, {within.first}))
        asked = [term for piece in known if piece.days.last >= within.first for term in piece.terms]
        cuts = {within.first, *opening_days(asked, within, begin).values()}
        start = min(cuts)
        for pieces in _joined(_pieces(own, whole, cuts), cuts):
            days = Period(pieces[0].days.first, pieces[-1].days.last)
            if days.first >= start:
                counted = within.contains(days.first)
                found.append(Segment(days, tuple(pieces), counted, begin, within))
    return found


def in_force(
    editions: Sequence[Edition], period: Period, *, first: date, last: date | None = None
) -> list[Piece]:
    """The days of a period on which the contract is in force, with the terms valid then."""
    if not editions:
        return []
    within = period.cut(max(first, min(applies_from for applies_from, _, _ in editions)), last)
    return list(_pieces(editions, within, set())) if within else []


def opening_days(terms: Iterable[Terms], within: Period, begin: date) -> dict[str, date]:
    """By term key, the day before `within` from which its opening balance must be run.

    Keys without look-back are absent. Where a key stands for several editions of a term, the one
    that reaches furthest decides, so that a balance begun under an earlier edition is carried on.
    """
    days: dict[str, date] = {}
    for term in terms:
        day = term.opening_from(within)
        if day is not None and day < within.first:
            day = max(day, begin)
            days[term.key] = min(day, days.get(term.key, day))
    return days


def _related(editions: Sequence[Edition]) -> list[set[str]]:
    """Keys of terms in groups that have to be computed together, in the order of the contract."""
    groups: list[set[str]] = []
    limits: dict[str, str] = {}
    for _start, _number, terms in sorted(editions, key=lambda edition: edition[1]):
        for term in terms:
            ties = {term.key, *(name.split(".")[0] for name in term.references())}
            ties.update(limits.setdefault(limit, term.key) for limit in term.limits())
            touching = [group for group in groups if group & ties]
            joined = ties.union(*touching)
            place = groups.index(touching[0]) if touching else len(groups)
            groups = [group for group in groups if group not in touching]
            groups.insert(place, joined)
    return groups


def _chosen(terms: Sequence[Terms], keys: set[str]) -> tuple[Terms, ...]:
    return tuple(term for term in terms if term.key in keys)


def _joined(pieces: Iterable[Piece], cuts: set[date]) -> Iterator[list[Piece]]:
    """Pieces on which the same is agreed, together unless cut; days without terms are left out."""
    run: list[Piece] = []
    agreed: Any = None
    for piece in pieces:
        now = [term.agreed_on(piece.days.first) for term in piece.terms]
        if run and (now != agreed or piece.days.first in cuts):
            yield run
            run = []
        agreed = now
        if not piece.terms:
            continue
        if run and (run[-1].edition, run[-1].terms) == (piece.edition, piece.terms):
            run[-1] = Piece(Period(run[-1].days.first, piece.days.last), *piece[1:])
        else:
            run.append(piece)
    if run:
        yield run


def _pieces(editions: Sequence[Edition], whole: Period, cuts: set[date]) -> Iterator[Piece]:
    """Cut at every day on which anything in any edition could change."""
    days = {whole.first, *cuts}
    for applies_from, _, terms in editions:
        days.add(applies_from)
        days.update(day for term in terms for day in term.boundaries())
        # Never joined: what is agreed per year begins anew.
        cuts.update(day for term in terms for day in term.begins_anew(whole))
    days |= cuts
    starts = sorted(day for day in days if whole.contains(day))
    ends = [start - ONE_DAY for start in starts[1:]] + [whole.last]
    for start, end in zip(starts, ends, strict=True):
        number, terms = _in_force(editions, start)
        yield Piece(
            Period(start, end), number, tuple(term for term in terms if term.valid_on(start))
        )


def _in_force(editions: Sequence[Edition], day: date) -> tuple[int, tuple[Terms, ...]]:
    begun = [edition for edition in editions if edition[0] <= day]
    _, number, terms = max(begun, key=lambda edition: edition[1])
    return number, terms
