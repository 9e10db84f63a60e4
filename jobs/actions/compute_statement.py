"""Compute a contract's statement for a period, or the correction of what was issued for it.

Every run computes the whole period afresh. Without an issued statement the lines become (or
replace) the draft. With one, the lines that came out differently become a correction, so that
original plus corrections is always the fresh computation (decision 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from base.acting import current_actor_id, current_time
from base.editions import seal_of
from contracts.billing import Line, Period, Segment, compute, segments
from contracts.models import Contract, ContractEdition, Instalment
from contracts.obligations import contract_period, due_on
from jobs.actions.causes import Causes
from jobs.models import Statement, StatementEvent, StatementLine
from jobs.models.statement import NOTHING
from jobs.quantities import ContractFacts


@dataclass(frozen=True)
class Computation:
    """What the facts give for a contract and period today."""

    period: Period
    lines: tuple[Line, ...]
    editions: dict[str, ContractEdition]
    """The edition each line rests on, by the line's key."""
    cases: dict[str, int]


def compute_afresh(contract: Contract, period: Period) -> Computation | None:
    """Compute a period from the facts as they are; None where the contract is not in force."""
    editions = {edition.number: edition for edition in contract.editions.order_by("number")}
    timeline = [(e.applies_from, e.number, e.data.remuneration) for e in editions.values()]
    first, last = contract_period(contract)
    run = segments(timeline, period, first=first, last=last)
    if not run:
        return None
    facts = ContractFacts(contract)
    lines = compute(run, facts)
    return Computation(
        period=period,
        lines=lines,
        editions={line.key: editions[_edition_number(run, line.first)] for line in lines},
        cases={number: pk for pk, number in facts.cases.items()},
    )


def compute_statement(contract: Contract, period: Period) -> tuple[Statement | None, bool]:
    """Bring the period's statement up to date; return it and whether anything changed.

    None where nothing was done or paid on account, or everything issued still holds. Raises
    ValidationError when days of the period are checked or issued in a statement of another one.
    """
    with transaction.atomic():
        contract = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        _refuse_overlap(contract, period)
        fresh = compute_afresh(contract, period)
        chain = list(Statement.objects.for_period(contract, period))
        issued = [s for s in chain if s.status == Statement.Status.ISSUED]
        pending = next((s for s in chain if s.status != Statement.Status.ISSUED), None)
        rows = _lines(contract, fresh, issued)
        # Also where the contract is no longer in force: what was paid stays paid.
        instalments = _instalments(contract, period) - sum(s.instalments for s in issued)
        if not rows and not instalments and pending is None:
            return None, False
        inputs_hash = hash_of(rows, instalments)
        if pending and pending.inputs_hash == inputs_hash:
            return pending, False
        return _store(contract, period, issued, pending, rows, instalments, inputs_hash), True


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
    return next(s.edition for s in run if s.counted and s.period.contains(day))


def _instalments(contract: Contract, period: Period) -> Decimal:
    """Return what was paid for times that end in the period: an instalment is settled once."""
    paid = Instalment.objects.filter(
        contract=contract, period_last__range=(period.first, period.last)
    ).aggregate(total=Sum("amount"))
    # SQLite adds decimals as floats; cents are what was stored.
    return (paid["total"] or NOTHING).quantize(NOTHING)


def _refuse_overlap(contract: Contract, period: Period) -> None:
    """One day is billed in one statement: periods are the same or do not touch.

    Drafts bill nothing yet. Of two that overlap, the one checked first keeps the days.
    """
    other = (
        Statement.objects.filter(
            contract=contract, period_first__lte=period.last, period_last__gte=period.first
        )
        .exclude(status=Statement.Status.DRAFT, sequence=0)
        .exclude(period_first=period.first, period_last=period.last)
        .order_by("period_first", "sequence")
        .first()
    )
    if other is not None:
        raise ValidationError(
            _("%(period)s overlaps %(other)s, for which there is a statement already."),
            params={"period": period, "other": other.period},
        )


def _lines(
    contract: Contract, fresh: Computation | None, issued: Sequence[Statement]
) -> list[StatementLine]:
    """Return the lines to charge: all of them, or those that differ from what was issued."""
    computed = {} if fresh is None else {line.key: line for line in fresh.lines}
    if not issued:
        return [_row(n, line, fresh) for n, line in enumerate(computed.values(), 1)]
    charged = charged_lines(issued)
    causes = Causes(charged, contract_period(contract)[1])
    rows = []
    for key in [*computed, *(key for key in charged if key not in computed)]:
        line, before = computed.get(key), charged.get(key)
        if _same(line, before):
            continue
        row = _row(0, line, fresh) if line else _cancelled(before)
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
        edition=fresh.editions[line.key],
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


def _store(contract, period, issued, pending, rows, instalments, inputs_hash) -> Statement:
    statement = pending or Statement(
        contract=contract,
        period_first=period.first,
        period_last=period.last,
        sequence=len(issued),
        corrects=issued[0] if issued else None,
        due_on=due_on(contract, "statement", period.last),
    )
    now = current_time()
    if statement.status == Statement.Status.CHECKED:
        reason = _("What it was computed from has changed since the check.")
        record_event(statement, StatementEvent.Kind.RETURNED, at=now, reason=str(reason))
    statement.status, statement.checked_by = Statement.Status.DRAFT, None
    statement.total = sum((row.amount for row in rows), NOTHING)
    statement.instalments = instalments
    statement.inputs_hash, statement.computed_at = inputs_hash, now
    statement.save()
    if pending:
        statement.lines.all().delete()
    for row in rows:
        row.statement = statement
    StatementLine.objects.bulk_create(rows)
    record_event(statement, StatementEvent.Kind.COMPUTED, at=now)
    return statement


def record_event(statement: Statement, kind: str, *, at, reason: str = "") -> None:
    """Append what happened to a statement."""
    StatementEvent.objects.create(
        statement=statement, kind=kind, at=at, actor_number=current_actor_id(), reason=reason
    )
