"""Shares of group sessions in whole cents: the parts of a session sum to what it costs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from contracts.billing.facts import Case, Work
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
    sessions: dict[str, list[Work]] = defaultdict(list)
    for work in facts:
        if work.session and work.kind in weights:
            sessions[work.session].append(work)
    found: dict[Place, Fraction] = defaultdict(Fraction)
    known: dict[tuple, tuple[Fraction, Fraction, int]] = {}
    for rows in sessions.values():
        for number, row in enumerate(sorted(rows, key=lambda row: row.case)):
            place = number if row.place is None else row.place
            # Rows summed up, or more of them than participants, are no parts of a session.
            if row.count != 1 or place >= row.participants:
                continue
            alike = (row.kind, row.minutes, row.counsellors, row.participants)
            if alike not in known:
                minutes = exact(weights[row.kind]) * row.minutes * row.counsellors
                cost = minutes / exact(terms.unit_minutes) * exact(rate)
                known[alike] = _beyond(cost, row.participants)
            later, earlier, more = known[alike]
            found[row.first.year, row.first.month, row.case] += earlier if place < more else later
    return found


def _beyond(cost: Fraction, parts: int) -> tuple[Fraction, Fraction, int]:
    """Equal parts of a cost in whole cents, less the exact part, and how many are a cent more.

    Largest remainder: the cents left over go to the earlier places.
    """
    each, more = divmod(int(to_cents(cost) * 100), parts)
    share = Fraction(each, 100) - cost / parts
    return share, share + Fraction(1, 100), more
