"""Shares of group sessions in whole cents: the parts of a session sum to what it costs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter

from contracts.billing.hourly_rate.terms import HourlyRate
from contracts.billing.money import allocate, exact, to_cents
from contracts.billing.scheme import Case, Work

Place = tuple[int, int, Case]
"""Year, month and case: what a line is about."""


def allotments(terms: HourlyRate, rate: Decimal, facts: Iterable[Work]) -> Mapping[Place, Fraction]:
    """What sessions allot to their participants beyond the exact shares, in EUR (or less).

    A session whose staff's time is shared costs its time at the rate, in whole cents; these are
    split among all participants (largest remainder, ties to the earlier case), recorded or not.
    Minutes rounded to increments are no parts of a session.
    """
    if terms.increment:
        return {}
    weights = {kind.key: kind.weight for kind in terms.kinds if kind.share == "staff"}
    sessions: dict[str, list[Work]] = defaultdict(list)
    for work in facts:
        if work.session and work.kind in weights:
            sessions[work.session].append(work)
    found: dict[Place, list[Fraction]] = defaultdict(list)
    for rows in sessions.values():
        if not _is_whole(rows):
            continue
        one = rows[0]
        minutes, unit = one.minutes * one.counsellors, terms.unit_minutes
        beyond = _beyond(weights[one.kind], minutes, unit, rate, one.participants)
        ordered = sorted(rows, key=attrgetter("case"))
        for row, share in zip(ordered, beyond, strict=False):
            place = (row.first.year, row.first.month, row.case)
            found[place].append(share)
    return {place: _sum(shares) for place, shares in found.items()}


def _sum(shares: Sequence[Fraction]) -> Fraction:
    """Their sum; most of them are one and the same object, and fractions add slowly."""
    kept = {id(share): share for share in shares}
    times = Counter(map(id, shares))
    return sum((kept[which] * often for which, often in times.items()), Fraction(0))


@lru_cache(maxsize=4096)
def _beyond(
    weight: Decimal, minutes: int, unit: int, rate: Decimal, participants: int
) -> tuple[Fraction, ...]:
    """What each participant gets beyond the exact share; kept, for sessions are much alike."""
    cost = exact(weight) * minutes / exact(unit) * exact(rate)
    shares = allocate(to_cents(cost), [1] * participants)
    return tuple(exact(share) - cost / participants for share in shares)


def _is_whole(rows: Sequence[Work]) -> bool:
    """Whether these are the shares of one session: alike, each of another case."""
    alike = {(row.kind, row.minutes, row.participants, row.counsellors, row.count) for row in rows}
    cases = {row.case for row in rows}
    one = rows[0]
    return len(alike) == 1 and one.count == 1 and len(rows) == len(cases) <= one.participants
