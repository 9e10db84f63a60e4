"""Compute a contract's statement for a period, or the correction of what was issued for it.

Every run computes the whole period afresh. Without an issued statement the lines become (or
replace) the draft. With one, the lines that came out differently become a correction, so that
original plus corrections is always the fresh computation (decision 5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import current_actor_id, current_time
from base.seals import seal_of
from contracts.billing import Line, Period, Segment, compute, parse_terms, segments
from contracts.billing.kept import positional
from contracts.dates.obligations import Obligations
from contracts.models import Contract
from forms.quantities import ContractFacts, Ground, grounds_of
from jobs.explanation.causes import Causes
from jobs.marks import computed, lock_contracts, note_computed, take_up
from jobs.models import Statement, StatementEvent, StatementLine
from jobs.models.statement import NOTHING
from jobs.statements.due import billed_beyond_end, bills_others, is_due
from jobs.statements.instalments import Paid, issued_originals, paid_on_account, settles
from jobs.statements.writes import NewLine, Writes


@dataclass(frozen=True)
class Computation:
    """What the facts give for a contract and period today."""

    period: Period
    lines: tuple[Line, ...]
    editions: dict[str, int]
    """The key of the edition each line rests on, by the line's key."""
    cases: dict[str, int]
    reads_from: date
    """The first day whose facts were read: what is agreed per year counts from its first day."""


def segments_of(ground: Ground, period: Period) -> list[Segment]:
    """Return the stretches of a period on which the same is agreed; none before or after it."""
    obliged = ground.obliged
    timeline = [
        (each.applies_from, each.number, tuple(map(parse_terms, each.agreed.remuneration)))
        for each in obliged.editions
    ]
    return segments(timeline, period, first=obliged.first, last=obliged.last)


def computation(
    period: Period, run: Sequence[Segment], ground: Ground, facts: ContractFacts
) -> Computation:
    """Run the terms of a contract over the segments of a period."""
    lines = compute(run, facts)
    editions = {each.number: each.pk for each in ground.obliged.editions}
    return Computation(
        period=period,
        lines=lines,
        editions={line.key: editions[_edition_number(run, line.first)] for line in lines},
        cases={number: pk for pk, number in facts.cases.items()},
        reads_from=min(segment.period.first for segment in run),
    )


@dataclass
class Books:
    """What was stored of a contract, read under its lock: statements, and what was paid."""

    contract: Contract
    statements: list[Statement] = field(default_factory=list)
    """Those that touch the periods computed, in order."""
    paid: Sequence[Paid] = ()
    issued: Sequence[Period] = ()
    """The periods of originals that were issued."""
    charged: Mapping[int, Sequence[StatementLine]] | None = None
    """Lines of issued statements by statement, where they were looked up for many at once."""

    def chain(self, period: Period) -> list[Statement]:
        """Return the period's statement and its corrections, in order.

        One day is billed in one statement: periods are the same or do not touch. Drafts and what
        was returned bill nothing yet. Of two that overlap, the one checked first keeps the days:
        raises ValidationError.
        """
        found = []
        for statement in self.statements:
            if statement.period == period:
                found.append(statement)
            elif not statement.period.cut(period.first, period.last):
                continue
            elif statement.sequence or not (statement.is_pending or statement.is_void):
                raise ValidationError(
                    _("%(period)s overlaps %(other)s, for which there is a statement already."),
                    params={"period": period, "other": statement.period},
                )
        return found

    def instalments(self, period: Period, obliged: Obligations) -> Decimal:
        """Return what was paid on account and is settled in the period, in EUR."""
        settled = (
            paid.amount for paid in self.paid if settles(paid.until, period, obliged, self.issued)
        )
        return sum(settled, NOTHING)

    def charged_lines(self, issued: Sequence[Statement]) -> dict[str, StatementLine]:
        """Return, by key, the line that says last what was charged for it."""
        if self.charged is None:
            self.charged = lines_of(issued)
        return {
            line.key: line for statement in issued for line in self.charged.get(statement.pk, ())
        }


def books_of(contracts: Sequence[Contract], first: date, last: date) -> dict[int, Books]:
    """Return what was stored of contracts, whose lock is held, that touches some days."""
    keys = [contract.pk for contract in contracts]
    found = {contract.pk: Books(contract) for contract in contracts}
    touching = Statement.objects.filter(
        contract__in=keys, period_first__lte=last, period_last__gte=first
    )
    for statement in touching.order_by("contract", "period_first", "sequence"):
        books = found[statement.contract_id]
        statement.contract = books.contract
        books.statements.append(statement)
    paid = paid_on_account(keys)
    issued = issued_originals(paid) if paid else {}
    for key, payments in paid.items():
        found[key].paid, found[key].issued = payments, issued.get(key, ())
    return found


def lines_of(statements: Sequence[Statement]) -> dict[int, list[StatementLine]]:
    """Return the lines of statements in order, by the key of the statement."""
    found: dict[int, list[StatementLine]] = {}
    rows = StatementLine.objects.filter(statement__in=statements)
    for line in rows.order_by("statement", "position"):
        found.setdefault(line.statement_id, []).append(line)
    return found


def compute_statement(
    contract: Contract, period: Period, ground: Ground | None = None
) -> tuple[Statement | None, bool]:
    """Bring the period's statement up to date; return it and whether anything changed.

    None where nothing was done or paid on account, or everything issued still holds; what was
    pending then is void. Raises ValidationError when days of the period are checked or issued in
    a statement of another one.
    """
    with transaction.atomic():
        lock_contracts([contract.pk])
        take_up(contract)
        books = books_of([contract], period.first, period.last)[contract.pk]
        if ground is None or books.chain(period):
            # What was looked up before the lock may start a draft, but change none.
            ground = grounds_of([contract])[contract.pk]
        run, writes = segments_of(ground, period), Writes()
        fresh = run and computation(period, run, ground, ContractFacts(contract, ground))
        beyond = bool(billed_beyond_end({contract.pk: ground.obliged}))
        found = bring_up_to_date(books, period, ground.obliged, fresh or None, writes)
        writes.store()
        due = is_due(ground.obliged, period, beyond=beyond)
        reads_from = fresh.reads_from if fresh else None
        instead = None if bills_others(ground.obliged, period) else ()
        note_computed([computed(contract.pk, period, reads_from, due=due, instead=instead)])
        return found


def bring_up_to_date(
    books: Books, period: Period, obliged: Obligations, fresh: Computation | None, writes: Writes
) -> tuple[Statement | None, bool]:
    """Decide what becomes of a period's statement, as `compute_statement` says; nothing is stored.

    What has to be written is entered in `writes`.
    """
    chain = books.chain(period)
    issued = [s for s in chain if s.status == Statement.Status.ISSUED]
    pending = next((s for s in chain if s.status != Statement.Status.ISSUED), None)
    rows = _lines(books, fresh, issued, obliged.last)
    # What an end that became known later moves to another period is given back here.
    instalments = books.instalments(period, obliged) - sum(s.instalments for s in issued)
    if not rows and not instalments and pending is None:
        return None, False
    inputs_hash = hash_of(rows, instalments)
    if not rows and not instalments and pending.comes_to_nothing:
        return _withdraw(pending, inputs_hash, writes)
    if pending and pending.inputs_hash == inputs_hash:
        return pending, False
    statement = pending or Statement(
        contract=books.contract,
        period_first=period.first,
        period_last=period.last,
        sequence=len(issued),
        corrects=issued[0] if issued else None,
        due_on=obliged.due_on("statement", period.last, period.first),
    )
    _replace(statement, rows, instalments, inputs_hash, writes)
    return statement, True


def hash_of(rows: Sequence[StatementLine], instalments: Decimal) -> str:
    """Return the hash of everything a statement's amounts rest on, however it is kept."""
    return seal_of(
        {
            "instalments": instalments,
            "lines": [
                (
                    row.key,
                    row.edition_id,
                    positional(row.inputs),
                    row.sources,
                    row.computed,
                    row.previous,
                )
                for row in rows
            ],
        }
    )


def _edition_number(run: Sequence[Segment], day: date) -> int:
    counted = next(s for s in run if s.counted and s.period.contains(day))
    return counted.pieces_of(Period(day, day))[0].edition


def _lines(
    books: Books,
    fresh: Computation | None,
    issued: Sequence[Statement],
    contract_ends: date | None,
) -> list[NewLine] | list[StatementLine]:
    """Return the lines to charge: all of them, or those that differ from what was issued."""
    now = {} if fresh is None else {line.key: line for line in fresh.lines}
    if not issued:
        return [_row(n, line, fresh) for n, line in enumerate(now.values(), 1)]
    charged = books.charged_lines(issued)
    keys = [*now, *(key for key in charged if key not in now)]
    different = [key for key in keys if not _same(now.get(key), charged.get(key))]
    if not different:
        return []
    # One object for all lines of an edition: its content is read once.
    editions = books.contract.editions.in_bulk()
    for line in charged.values():
        line.edition = editions[line.edition_id]
    causes = Causes(charged, contract_ends)
    rows = []
    for position, key in enumerate(different, 1):
        line, before = now.get(key), charged.get(key)
        row = StatementLine(**vars(_row(0, line, fresh))) if line else _cancelled(before)
        row.edition = editions[row.edition_id]
        row.previous = before.computed if before else NOTHING
        row.amount = row.computed - row.previous
        row.cause = causes.of(row, before)
        row.position = position
        rows.append(row)
    return rows


def _same(line: Line | None, before: StatementLine | None) -> bool:
    if line is None:
        return before.computed == 0 and before.quantity == 0 and before.unbilled == 0
    return before is not None and (line.amount, line.quantity, line.unbilled) == (
        before.computed,
        before.quantity,
        before.unbilled,
    )


def _row(position: int, line: Line, fresh: Computation) -> NewLine:
    return NewLine(
        position=position,
        key=line.key,
        term=line.term,
        component=line.component,
        label=line.label,
        clause=line.clause,
        edition_id=fresh.editions[line.key],
        case_id=fresh.cases.get(line.case),
        first=line.first,
        last=line.last,
        quantity=line.quantity,
        unit=line.unit,
        rate=line.rate,
        unbilled=line.unbilled,
        computed=line.amount,
        amount=line.amount,
        inputs=line.inputs,
        sources=line.sources,
    )


def _cancelled(before: StatementLine) -> StatementLine:
    """Return a line that takes back what was charged for something no longer there."""
    zero = Decimal("0.0000")
    return StatementLine(
        key=before.key,
        term=before.term,
        component=before.component,
        label=before.label,
        clause=before.clause,
        edition=before.edition,
        case_id=before.case_id,
        first=before.first,
        last=before.last,
        quantity=zero,
        unit=before.unit,
        rate=before.rate,
        unbilled=zero,
        computed=NOTHING,
        inputs={},
        sources="",
    )


def _replace(
    statement: Statement, rows: Sequence, instalments: Decimal, inputs_hash: str, writes: Writes
) -> None:
    """Write a new draft, or replace what a pending statement says.

    What was checked or released becomes a draft again; what was returned stays with the provider.
    """
    now = current_time()
    _take_back_check(statement, now, writes)
    if statement.is_void:
        statement.status = Statement.Status.DRAFT
    statement.checked_by = statement.released_by = None
    statement.released_on = None
    statement.total = sum((row.amount for row in rows), NOTHING)
    statement.instalments = instalments
    statement.inputs_hash, statement.computed_at = inputs_hash, now
    writes.replace(statement, rows)
    writes.tell(statement, StatementEvent.Kind.COMPUTED, at=now)


def _withdraw(
    statement: Statement, inputs_hash: str, writes: Writes
) -> tuple[Statement | None, bool]:
    """Make void what was pending and came to nothing: it waits for nobody any more.

    Its events stay, so that people can see what there was; the row is used again for what comes.
    """
    if statement.is_void:
        return None, False
    now = current_time()
    _take_back_check(statement, now, writes)
    statement.status = Statement.Status.WITHDRAWN
    statement.checked_by = statement.released_by = statement.resubmitted_by = None
    statement.released_on = None
    statement.total = statement.instalments = NOTHING
    statement.inputs_hash, statement.computed_at = inputs_hash, now
    writes.replace(statement, ())
    writes.tell(statement, StatementEvent.Kind.WITHDRAWN, at=now)
    return statement, True


def _take_back_check(statement: Statement, now: datetime, writes: Writes) -> None:
    """Make what was checked or released a draft again, and say so in its events."""
    if not (statement.is_pending or statement.is_void):
        reason = _("What it was computed from has changed since the check.")
        writes.tell(statement, StatementEvent.Kind.RETURNED, at=now, reason=str(reason))
        statement.status = Statement.Status.DRAFT


def record_event(statement: Statement, kind: str, *, at, reason: str = "") -> None:
    """Append what happened to a statement."""
    StatementEvent.objects.create(
        statement=statement, kind=kind, at=at, actor_number=current_actor_id(), reason=reason
    )
