"""Shares of group sessions in whole cents: the parts of a session sum to what it costs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain

from contracts.billing.facts import Attended, Case, Work
from contracts.billing.hourly_rate.terms import HourlyRate
from contracts.billing.money import exact, to_cents

Place = tuple[int, int, Case]
"""Year, month and case: what a line is about."""


def allotments(terms: HourlyRate, rate: Decimal, facts: Iterable[Work]) -> Mapping[Place, Fraction]:
    """What sessions allot to their participants beyond the exact shares, in EUR (or less).

    A session whose staff's time is shared costs its time at the rate, in whole cents; these are
    split among all participants (largest remainder, ties to the earlier case), recorded or not.
    Each share follows from the case's place among all who attended, so that it is the same
    whoever else is billed here; where the price is the same, shares under several contracts sum
    to the session. Minutes rounded to increments are no parts of a session.
    """
    if terms.increment:
        return {}
    weights = {kind.key: kind.weight for kind in terms.kinds if kind.share == "staff"}
    shared = [work for work in facts if work.kind in weights]
    found: dict[Place, Fraction] = defaultdict(Fraction)
    known: dict[tuple, tuple[Fraction, Fraction, int]] = {}
    for row, parts in chain(((row, row.attended) for row in shared), _of_sessions(shared)):
        for minutes, place, times in parts:
            # More of them than participants are no parts of a session.
            if place >= row.participants:
                continue
            alike = (row.kind, minutes, row.counsellors, row.participants)
            if alike not in known:
                weighted = exact(weights[row.kind]) * minutes * row.counsellors
                cost = weighted / exact(terms.unit_minutes) * exact(rate)
                known[alike] = _beyond(cost, row.participants)
            later, earlier, more = known[alike]
            share = earlier if place < more else later
            if share:
                found[row.first.year, row.first.month, row.case] += times * share
    return found


def _of_sessions(works: Iterable[Work]) -> Iterator[tuple[Work, Sequence[Attended]]]:
    """Yield the rows that name their session, each with its part in it."""
    sessions: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        if work.session:
            sessions[work.session].append(work)
    for rows in sessions.values():
        for number, row in enumerate(sorted(rows, key=lambda row: row.case)):
            # Rows summed up are no parts of a session.
            if row.count == 1:
                place = number if row.place is None else row.place
                yield row, [Attended(row.minutes, place, 1)]


def _beyond(cost: Fraction, parts: int) -> tuple[Fraction, Fraction, int]:
    """Equal parts of a cost in whole cents, less the exact part, and how many are a cent more.

    Largest remainder: the cents left over go to the earlier places.
    """
    each, more = divmod(int(to_cents(cost) * 100), parts)
    share = Fraction(each, 100) - cost / parts
    return share, share + Fraction(1, 100), more
