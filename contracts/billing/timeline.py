"""Which terms apply on which days: contract editions laid over a period."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from contracts.billing.period import ONE_DAY, Period
from contracts.billing.scheme import Segment, Terms

# (the day it applies from, its number, its terms)
Edition = tuple[date, int, tuple[Terms, ...]]


def segments(
    editions: Sequence[Edition], period: Period, *, first: date, last: date | None = None
) -> list[Segment]:
    """Cut a period into segments, preceded by those that only feed opening balances.

    On each day the edition with the HIGHEST NUMBER among those that apply by then is in force:
    a retroactive amendment overrides what earlier editions say about later days. Segments are
    cut where the edition, the valid terms or anything inside them changes, at the contract's
    `first` and `last` day (None: open), and empty where no edition is in force.
    """
    if not editions:
        return []
    begin = max(first, min(applies_from for applies_from, _, _ in editions))
    within = period.cut(begin, last)
    if within is None:
        return []
    whole = Period(begin, within.last)
    known = _stretches(editions, whole, {within.first})
    asked = [term for days, _, terms in known if days.first >= within.first for term in terms]
    cuts = {within.first, *opening_days(asked, within, begin).values()}
    start = min(cuts)
    since = _first_days(known)
    return [
        Segment(days, number, terms, within.contains(days.first), begin, within, since)
        for days, number, terms in _stretches(editions, whole, cuts)
        if days.first >= start
    ]


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


Stretch = tuple[Period, int, tuple[Terms, ...]]


def _stretches(editions: Sequence[Edition], whole: Period, cuts: set[date]) -> list[Stretch]:
    """Days with the same edition, terms and contents, joined unless cut."""
    stretches: list[Stretch] = []
    for days, number, terms in _pieces(editions, whole, cuts):
        before = stretches[-1] if stretches else None
        inner = {day for term in terms for day in term.boundaries()}
        if before and before[1:] == (number, terms) and days.first not in cuts | inner:
            stretches[-1] = (Period(before[0].first, days.last), number, terms)
        else:
            stretches.append((days, number, terms))
    return stretches


def _pieces(editions: Sequence[Edition], whole: Period, cuts: set[date]) -> Iterator[Stretch]:
    """Cut at every day on which anything in any edition could change."""
    days = {whole.first, *cuts}
    for applies_from, _, terms in editions:
        days.add(applies_from)
        days.update(day for term in terms for day in term.boundaries())
    starts = sorted(day for day in days if whole.contains(day))
    ends = [start - ONE_DAY for start in starts[1:]] + [whole.last]
    for start, end in zip(starts, ends, strict=True):
        number, terms = _in_force(editions, start)
        yield Period(start, end), number, tuple(term for term in terms if term.valid_on(start))


def _in_force(editions: Sequence[Edition], day: date) -> tuple[int, tuple[Terms, ...]]:
    begun = [edition for edition in editions if edition[0] <= day]
    _, number, terms = max(begun, key=lambda edition: edition[1])
    return number, terms


def _first_days(stretches: Iterable[Stretch]) -> dict[str, date]:
    since: dict[str, date] = {}
    for days, _, terms in stretches:
        for term in terms:
            since.setdefault(term.key, days.first)
    return since
