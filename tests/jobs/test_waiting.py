"""What waits in jobs: each thing is told from every other."""

from dataclasses import replace
from datetime import date

from contracts.billing import Period
from contracts.dates.calendar import Due, EntryKind
from contracts.models import Contract
from jobs.waiting import REFERENCE_LENGTH, reference_of


def test_what_is_due_on_one_day_is_told_apart():
    day = date(2025, 3, 31)
    first = Due(
        contract=Contract(pk=7),
        day=day,
        kind=EntryKind.REPORT,
        label="Sachbericht",
        period=Period.parse("2024-H1"),
        remind_from=day,
    )
    others = (
        replace(first, contract=Contract(pk=8)),
        replace(first, day=date(2025, 4, 30)),
        replace(first, kind=EntryKind.PROOF_OF_USE),
        replace(first, label="Verwendungsnachweis"),
        replace(first, period=Period.parse("2024-H2")),
    )
    references = {reference_of(due) for due in (first, *others)}
    assert len(references) == 6
    assert reference_of(first) == reference_of(replace(first, clause="§ 7"))
    long = replace(first, label="x" * 500)
    assert len(reference_of(long)) == REFERENCE_LENGTH
