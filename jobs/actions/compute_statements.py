"""Compute the statements of many contracts together: what one needs to know is asked once for all.

What becomes of each is decided as for one (`compute_statement`). Stored is all of it or nothing,
in the transaction around.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from contracts.billing import Period, Segment
from contracts.models import Contract
from forms.fact_rows import FactRows
from forms.quantities import ContractFacts, Ground, grounds_of
from jobs.actions.compute_statement import (
    Books,
    books_of,
    bring_up_to_date,
    computation,
    lines_of,
    segments_of,
)
from jobs.marks import computed, lock_contracts, note_computed, outdated_originals
from jobs.models import ComputedPeriod, Statement
from jobs.statements.due import billed_beyond_end, bills_others, is_due
from jobs.statements.unpriced import unpriced_work
from jobs.statements.writes import Writes


@dataclass
class Found:
    """What came of a contract: its statements and whether they changed, and unpriced work.

    `refused` says why nothing could be computed for it; then nothing is stored of it.
    """

    statements: list[tuple[Statement | None, bool]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    refused: ValidationError | None = None


@dataclass
class _Work:
    """A contract in the making."""

    contract: Contract
    ground: Ground
    books: Books
    own: Sequence[Period]
    """The periods that are asked for; of others a refusal means that they stay as they are."""
    beyond: bool
    """Whether it was billed for times after its end, before this."""
    found: Found = field(default_factory=Found)
    writes: Writes = field(default_factory=Writes)
    notes: dict[Period, ComputedPeriod] = field(default_factory=dict)


def compute_statements(contracts: Sequence[Contract], period: Period) -> dict[int, Found]:
    """Bring the contracts' statements for a period up to date, and all others that are outdated.

    Return by key what came of each contract. A refusal of one concerns it alone; whatever else
    goes wrong is raised, and says nothing about the others.
    """
    with _without_collecting():
        return _compute_all(contracts, period)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Let Python look for no garbage meanwhile: hundreds of thousands of rows, and no circles.

    A fifth of the process's time, measured.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _compute_all(contracts: Sequence[Contract], period: Period) -> dict[int, Found]:
    keys = [contract.pk for contract in contracts]
    lock_contracts(keys)
    grounds, outdated = grounds_of(contracts), outdated_originals(keys)
    beyond = billed_beyond_end({key: ground.obliged for key, ground in grounds.items()})
    asked: dict[Period, list[_Work]] = {}
    every: list[_Work] = []
    for contract in contracts:
        ground = grounds[contract.pk]
        # Where it has another rhythm than was asked for one contract, people know why.
        own = ground.obliged.to_bill(period) or [period]
        work = _Work(contract, ground, Books(contract), own, contract.pk in beyond)
        every.append(work)
        others = [each for each in outdated.get(contract.pk, ()) if each not in own]
        for each in (*own, *others):
            asked.setdefault(each, []).append(work)
    ends = min(each.first for each in asked), max(each.last for each in asked)
    books = books_of(contracts, *ends)
    for work in every:
        work.books = books[work.contract.pk]
    # One period after the other: what is known of facts at a time is that of one.
    rows = FactRows()
    for each in sorted(asked, key=lambda one: (one != period, one)):
        _compute(each, asked[each], rows)
        if each == period:
            for work in asked[each]:
                work.found.findings = _unpriced(work, period, rows)
        rows.forget()
    for work in every:
        if period not in work.own:
            work.found.findings = _unpriced(work, period, rows)
    _store(every, period)
    return {work.contract.pk: work.found for work in every}


def _unpriced(work: _Work, period: Period, rows: FactRows) -> list[str]:
    found = unpriced_work(work.contract, period, work.ground.obliged, rows)
    return [each.text for each in found]


def _compute(period: Period, works: Sequence[_Work], rows: FactRows) -> None:
    """Decide what becomes of one period of some contracts."""
    runs: list[tuple[_Work, list[Segment], ContractFacts]] = []
    for work in works:
        run = segments_of(work.ground, period)
        facts = ContractFacts(work.contract, work.ground, rows)
        for segment in run:
            for terms in segment.terms:
                facts.share(segment, terms)
        runs.append((work, run, facts))
    charged = _charged(period, works)
    for work, run, facts in runs:
        if work.found.refused:
            continue
        work.books.charged = charged
        try:
            work.books.chain(period)
            fresh = computation(period, run, work.ground, facts) if run else None
            found = bring_up_to_date(work.books, period, work.ground.obliged, fresh, work.writes)
        except ValidationError as refused:
            # A draft whose days another statement has billed stays as it is, and is tried again.
            if period in work.own:
                work.found.refused = refused
            continue
        work.found.statements.append(found)
        reads_from = fresh.reads_from if fresh else None
        due = is_due(work.ground.obliged, period, beyond=work.beyond)
        instead = None if bills_others(work.ground.obliged, period) else ()
        work.notes[period] = computed(
            work.contract.pk, period, reads_from, due=due, instead=instead
        )


def _charged(period: Period, works: Sequence[_Work]) -> Mapping[int, Sequence]:
    issued = [
        statement
        for work in works
        for statement in work.books.statements
        if statement.period == period and statement.status == Statement.Status.ISSUED
    ]
    return lines_of(issued) if issued else {}


def _store(every: Sequence[_Work], period: Period) -> None:
    writes, notes, told = Writes(), [], []
    for work in every:
        if work.found.refused:
            continue
        writes.add(work.writes)
        notes += [note for each, note in work.notes.items() if each != period]
        told.append(_looked_at(work, period))
    writes.store()
    note_computed(notes)
    note_computed(told, findings=True)


def _looked_at(work: _Work, period: Period) -> ComputedPeriod:
    """Return what is noted of the run's own period: findings, and what was billed instead."""
    note = work.notes.get(period)
    if list(work.own) != [period]:
        reads_from = min(note.reads_from for note in work.notes.values())
        note = computed(work.contract.pk, period, reads_from, due=True, instead=work.own)
    note.findings = work.found.findings
    return note
