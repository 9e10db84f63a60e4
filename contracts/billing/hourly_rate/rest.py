"""What the limits of a term leave over for the terms after it: work, in the minutes recorded."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from contracts.billing.facts import Work, merge_sources
from contracts.billing.hourly_rate.case_month import CaseMonth, MonthPart
from contracts.billing.hourly_rate.minutes import work_off
from contracts.billing.money import lean
from contracts.billing.steps import Course, Number


@dataclass
class Rest:
    """What is left of a case and month: work for other terms, and what it came to here."""

    left: list[Work] = field(default_factory=list)
    passed_on: dict[str, Number] = field(default_factory=lambda: defaultdict(int))
    """Minutes as this term counts them (shared, weighted, rounded), by the term they go to."""


def rest_of(work: CaseMonth, parts: Sequence[MonthPart]) -> Rest:
    """Return what goes to the terms after this one.

    What was worked first was billed first: by day, on one day by kinds in their order, then by
    length. Of the records that reach the limit a part is billed, in proportion.
    """
    rest, heirs = Rest(), work.billing.heirs
    for part in parts if heirs else ():
        if not part.worked.over:
            continue
        for row, minutes in _left(work, part):
            if heir := heirs.get(row.kind):
                rest.left.append(row)
                rest.passed_on[heir] += minutes
    return rest


def _left(work: CaseMonth, part: MonthPart) -> Iterator[tuple[Work, Number]]:
    """Yield the work beyond the limit, with what it came to here."""
    rows = _in_order(work, part.rows)
    known, used = 0, part.worked.used
    for place, row in enumerate(rows, 1):
        if not row.minutes:
            continue
        so_far = _comes_to(work, part, rows[:place])
        more = so_far - known
        known = so_far
        if so_far <= used:
            continue
        over = min(so_far - used, more)
        share = Fraction(over) / more if more else 1
        for each in _cut(row, row.count * share):
            of_row = Fraction(each.minutes * each.count) / (row.minutes * row.count * share)
            yield each, over * of_row


def _in_order(work: CaseMonth, rows: Sequence[Work]) -> list[Work]:
    """Rows in the order in which they are billed, with the sources of each in theirs.

    Databases name the sources of a row in any order; what is cut off must not follow from it.
    """
    places = {kind.key: place for place, kind in enumerate(work.billing.terms.kinds)}
    return sorted(
        (replace(row, sources=merge_sources(row.sources)) for row in rows),
        key=lambda row: (
            row.first,
            places[row.kind],
            -row.minutes,
            row.participants,
            row.counsellors,
            row.session,
            row.sources,
        ),
    )


def _comes_to(work: CaseMonth, part: MonthPart, rows: Sequence[Work]) -> Number:
    """What these rows come to when the limit is asked."""
    worked = work_off(Course(), work.plan, part.inputs | {"work": work.billing.work(rows)})
    return worked.used + worked.over


def _cut(row: Work, records: Fraction) -> Iterator[Work]:
    """The last so many of equal records; of one of them it may be a part.

    Shares of a session are no parts of a whole any more.
    """
    whole = int(records)
    tokens = row.sources.split()
    named = len(tokens) == row.count
    if records != whole:
        part = lean(row.minutes * (records - whole))
        source = tokens[row.count - whole - 1] if named else row.sources
        yield replace(row, minutes=part, count=1, session="", attended=(), sources=source)
    if whole:
        sources = " ".join(tokens[row.count - whole :]) if named else row.sources
        yield replace(row, count=whole, session="", attended=(), sources=sources)
