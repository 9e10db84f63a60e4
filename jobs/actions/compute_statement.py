"""Compute a contract's statement for a period, or the correction of what was issued for it.

Every run computes the whole period afresh. Without an issued statement the lines become (or
replace) the draft. With one, the lines that came out differently become a correction, so that
original plus corrections is always the fresh computation (decision 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from base.acting import current_actor_id, current_time
from base.bulk import insert
from base.seals import seal_of
from contracts.billing import Line, Period, Segment, compute, parse_terms, segments
from contracts.models import Contract, ContractEdition
from contracts.obligations import Obligations
from forms.quantities import ContractFacts, Ground, grounds_of
from jobs.actions.causes import Causes
from jobs.instalments import settled_in
from jobs.models import Statement, StatementEvent, StatementLine
from jobs.models.statement import NOTHING


@dataclass(frozen=True)
class Computation:
    """What the facts give for a contract and period today."""

    period: Period
    lines: tuple[Line, ...]
    editions: dict[str, int]
    """The key of the edition each line rests on, by the line's key."""
    cases: dict[str, int]


def compute_afresh(
    contract: Contract, period: Period, ground: Ground | None = None
) -> Computation | None:
    """Compute a period from the facts as they are; None where the contract is not in force.

    `ground` is looked up unless given.
    """
    ground = ground or grounds_of([contract])[contract.pk]
    obliged = ground.obliged
    timeline = [
        (each.applies_from, each.number, tuple(map(parse_terms, each.agreed.remuneration)))
        for each in obliged.editions
    ]
    run = segments(timeline, period, first=obliged.first, last=obliged.last)
    if not run:
        return None
    facts = ContractFacts(contract, ground)
    lines = compute(run, facts)
    editions = {each.number: each.pk for each in obliged.editions}
    return Computation(
        period=period,
        lines=lines,
        editions={line.key: editions[_edition_number(run, line.first)] for line in lines},
        cases={number: pk for pk, number in facts.cases.items()},
    )


def compute_statement(
    contract: Contract, period: Period, ground: Ground | None = None
) -> tuple[Statement | None, bool]:
    """Bring the period's statement up to date; return it and whether anything changed.

    None where nothing was done or paid on account, or everything issued still holds; what was
    pending then is void. Raises ValidationError when days of the period are checked or issued in
    a statement of another one.
    """
    with transaction.atomic():
        lock(contract)
        chain = _stored(contract, period)
        if ground is None or chain:
            # What was looked up before the lock may start a draft, but change none.
            ground = grounds_of([contract])[contract.pk]
        fresh = compute_afresh(contract, period, ground)
        issued = [s for s in chain if s.status == Statement.Status.ISSUED]
        pending = next((s for s in chain if s.status != Statement.Status.ISSUED), None)
        rows = _lines(contract, fresh, issued, ground.obliged.last)
        paid = _instalments(contract, period, ground.obliged)
        # What an end that became known later moves to another period is given back here.
        instalments = paid - sum(s.instalments for s in issued)
        if not rows and not instalments and pending is None:
            return None, False
        inputs_hash = hash_of(rows, instalments)
        if not rows and not instalments and pending.comes_to_nothing:
            return _withdraw(pending, inputs_hash)
        if pending and pending.inputs_hash == inputs_hash:
            return pending, False
        statement = pending or Statement(
            contract=contract,
            period_first=period.first,
            period_last=period.last,
            sequence=len(issued),
            corrects=issued[0] if issued else None,
            due_on=ground.obliged.due_on("statement", period.last, period.first),
        )
        _store(statement, rows, instalments, inputs_hash)
        return statement, True


def lock(contract: Contract) -> None:
    """Let nobody else compute or issue the contract's statements until the transaction ends."""
    Contract.objects.select_for_update(of=("self",)).values_list("pk").get(pk=contract.pk)


def hash_of(rows: Sequence[StatementLine], instalments: Decimal) -> str:
    """Return the hash of everything a statement's amounts rest on."""
    return seal_of(
        {
            "instalments": instalments,
            "lines": [
                (row.key, row.edition_id, row.inputs, row.sources, row.computed, row.previous)
                for row in rows
            ],
        }
    )


def _edition_number(run: Sequence[Segment], day: date) -> int:
    counted = next(s for s in run if s.counted and s.period.contains(day))
    return counted.pieces_of(Period(day, day))[0].edition


def _instalments(contract: Contract, period: Period, obliged: Obligations) -> Decimal:
    """Return what was paid on account and is settled in the period, in EUR."""
    paid = settled_in(contract, period, obliged).aggregate(total=Sum("amount"))
    # SQLite adds decimals as floats; cents are what was stored.
    return (paid["total"] or NOTHING).quantize(NOTHING)


def _stored(contract: Contract, period: Period) -> list[Statement]:
    """Return the period's statement and its corrections, in order.

    One day is billed in one statement: periods are the same or do not touch. Drafts and what was
    returned bill nothing yet. Of two that overlap, the one checked first keeps the days: raises
    ValidationError.
    """
    touching = Statement.objects.filter(
        contract=contract, period_first__lte=period.last, period_last__gte=period.first
    )
    chain = []
    for statement in touching.order_by("period_first", "sequence"):
        if statement.period == period:
            chain.append(statement)
        elif statement.sequence or not (statement.is_pending or statement.is_void):
            raise ValidationError(
                _("%(period)s overlaps %(other)s, for which there is a statement already."),
                params={"period": period, "other": statement.period},
            )
    return chain


def _lines(
    contract: Contract,
    fresh: Computation | None,
    issued: Sequence[Statement],
    contract_ends: date | None,
) -> list[StatementLine]:
    """Return the lines to charge: all of them, or those that differ from what was issued."""
    computed = {} if fresh is None else {line.key: line for line in fresh.lines}
    if not issued:
        return [_row(n, line, fresh) for n, line in enumerate(computed.values(), 1)]
    charged = charged_lines(issued)
    causes = Causes(charged, contract_ends)
    editions = contract.editions.in_bulk()
    rows = []
    for key in [*computed, *(key for key in charged if key not in computed)]:
        line, before = computed.get(key), charged.get(key)
        if _same(line, before):
            continue
        row = _row(0, line, fresh) if line else _cancelled(before)
        row.edition = editions[row.edition_id]
        row.previous = before.computed if before else NOTHING
        row.amount = row.computed - row.previous
        row.cause = causes.of(row, before)
        row.position = len(rows) + 1
        rows.append(row)
    return rows


def charged_lines(issued: Sequence[Statement]) -> dict[str, StatementLine]:
    """Return, by key, the line that says last what was charged for it."""
    lines = StatementLine.objects.filter(statement__in=issued)
    charged = {line.key: line for line in lines.order_by("statement__sequence", "position")}
    # One object for all lines of an edition: its content is read once.
    editions = ContractEdition.objects.in_bulk({line.edition_id for line in charged.values()})
    for line in charged.values():
        line.edition = editions[line.edition_id]
    return charged


def _same(line: Line | None, before: StatementLine | None) -> bool:
    if line is None:
        return before.computed == 0 and before.quantity == 0 and before.unbilled == 0
    return before is not None and (line.amount, line.quantity, line.unbilled) == (
        before.computed,
        before.quantity,
        before.unbilled,
    )


def _row(position: int, line: Line, fresh: Computation) -> StatementLine:
    return StatementLine(
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


def _store(
    statement: Statement, rows: list[StatementLine], instalments: Decimal, inputs_hash: str
) -> None:
    """Store a new draft, or replace what a pending statement says.

    What was checked or released becomes a draft again; what was returned stays with the provider.
    """
    now, known = current_time(), statement.pk is not None
    _take_back_check(statement, now)
    if statement.is_void:
        statement.status = Statement.Status.DRAFT
    statement.checked_by = statement.released_by = None
    statement.released_on = None
    statement.total = sum((row.amount for row in rows), NOTHING)
    statement.instalments = instalments
    statement.inputs_hash, statement.computed_at = inputs_hash, now
    statement.save()
    if known:
        statement.lines.all().delete()
    for row in rows:
        row.statement = statement
    insert(StatementLine, rows)
    record_event(statement, StatementEvent.Kind.COMPUTED, at=now)


def _withdraw(statement: Statement, inputs_hash: str) -> tuple[Statement | None, bool]:
    """Make void what was pending and came to nothing: it waits for nobody any more.

    Its events stay, so that people can see what there was; the row is used again for what comes.
    """
    if statement.is_void:
        return None, False
    now = current_time()
    _take_back_check(statement, now)
    statement.status = Statement.Status.WITHDRAWN
    statement.checked_by = statement.released_by = statement.resubmitted_by = None
    statement.released_on = None
    statement.total = statement.instalments = NOTHING
    statement.inputs_hash, statement.computed_at = inputs_hash, now
    statement.save()
    statement.lines.all().delete()
    record_event(statement, StatementEvent.Kind.WITHDRAWN, at=now)
    return statement, True


def _take_back_check(statement: Statement, now: datetime) -> None:
    """Make what was checked or released a draft again, and say so in its events."""
    if not (statement.is_pending or statement.is_void):
        reason = _("What it was computed from has changed since the check.")
        record_event(statement, StatementEvent.Kind.RETURNED, at=now, reason=str(reason))
        statement.status = Statement.Status.DRAFT


def record_event(statement: Statement, kind: str, *, at, reason: str = "") -> None:
    """Append what happened to a statement."""
    StatementEvent.objects.create(
        statement=statement, kind=kind, at=at, actor_number=current_actor_id(), reason=reason
    )
