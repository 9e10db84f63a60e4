"""Shares of group sessions in whole cents: the parts of a session sum to what it costs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from contracts.billing.facts import Case, Work
from contracts.billing.hourly_rate.terms import HourlyRate
from contracts.billing.money import allocate, exact, to_cents

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
    found: dict[Place, Fraction] = defaultdict(Fraction)
    for rows in sessions.values():
        if not _is_whole(rows):
            continue
        one = rows[0]
        minutes = exact(weights[one.kind]) * one.minutes * one.counsellors
        cost = minutes / exact(terms.unit_minutes) * exact(rate)
        shares = allocate(to_cents(cost), [1] * one.participants)
        ordered = sorted(rows, key=lambda row: row.case)
        for row, share in zip(ordered, shares, strict=False):
            place = (row.first.year, row.first.month, row.case)
            found[place] += exact(share) - cost / one.participants
    return found


def _is_whole(rows: Sequence[Work]) -> bool:
    """Whether these are the shares of one session: alike, each of another case."""
    alike = {(row.kind, row.minutes, row.participants, row.counsellors, row.count) for row in rows}
    cases = {row.case for row in rows}
    one = rows[0]
    return len(alike) == 1 and one.count == 1 and len(rows) == len(cases) <= one.participants
