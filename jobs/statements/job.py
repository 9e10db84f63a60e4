"""The job that brings billing statements up to date: drafts for a period, corrections of any."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.refusals import refusal_text
from contracts.billing import Period
from contracts.dates.obligations import obligations_of
from contracts.models import Contract
from jobs.actions.compute_statements import Found, compute_statements
from jobs.explanation.amounts import euro
from jobs.marks import (
    contracts_to_look_at,
    look_again_at,
    looked_at,
    outdated_originals,
    periods_of,
    take_up,
)
from jobs.models import Statement
from jobs.models.computed_period import STATEMENTS
from jobs.registry import Job, Row, Rows, Skipped, Start, Work
from jobs.statements.due import billed_beyond_end, is_due


def select(period: Period, scope: str | None) -> Sequence[Contract]:
    """Return the contract asked for, or all that are billed in periods of this length.

    Also those that ended before, where statements are left for times after their end. A period
    from–until that is no month, quarter, half or year is for all contracts.
    """
    contracts = Contract.objects.concluded().order_by("number")
    if scope is not None:
        found = contracts.filter(number=scope).first()
        if found is None:
            raise LookupError(_("There is no concluded contract %s.") % scope)
        return [found]
    return _due(list(contracts), period)


def _due(contracts: Sequence[Contract], period: Period) -> list[Contract]:
    """Return those of some contracts that a run is for."""
    obliged = obligations_of(contracts)
    beyond = billed_beyond_end(obliged)
    return [
        each for each in contracts if is_due(obliged[each.pk], period, beyond=each.pk in beyond)
    ]


def start(period: Period, scope: str | None) -> Start:
    """Return the contracts a run has to look at, and what there is of the others.

    Those for which something was written since they were looked at. Who asks for one contract
    wants it looked at, whatever was written.
    """
    if scope is not None:
        contracts = select(period, scope)
        look_again_at(contracts[0])
        return Start(contracts)
    take_up()
    contracts = contracts_to_look_at(
        STATEMENTS, period, outdated_originals(), lambda some: _due(some, period)
    )
    return _with_others(contracts, period)


def _with_others(contracts: Sequence[Contract], period: Period) -> Start:
    """Tell of contracts that need not be looked at what a run would: their statements stand."""
    rows = looked_at(STATEMENTS, period)
    to_look_at = {contract.pk for contract in contracts}
    # Few have findings; reading JSON that says nothing would be half of the work.
    findings = dict(rows.exclude(findings=[]).values_list("contract", "findings"))
    others = [
        (key, number)
        for key, number in rows.order_by("contract__number").values_list(
            "contract", "contract__number"
        )
        if key not in to_look_at
    ]
    instead = dict(rows.exclude(instead=[]).values_list("contract", "instead"))
    pending = _pending(period, {key: periods_of(days) for key, days in instead.items()})
    made, skipped = [], []
    for key, number in others:
        told = findings.get(key, ())
        if stated := pending.get(key):
            found = [_told(number, name, changed=False, **values) for name, values in stated]
            _with_findings(found[0], period, told)
            made += found
        else:
            skipped.append({"contract": number, "reason": _nothing(told)})
    return Start(contracts, made, skipped)


def _pending(
    period: Period, instead: Mapping[int, Sequence[Period]]
) -> dict[int, list[tuple[str, dict]]]:
    """Return by contract what there is for a period, or of those billed `instead`, to be issued."""
    names = ("id", "sequence", "status", "number", "total", "instalments", "due_on")
    of_period = Q(period_first=period.first, period_last=period.last)
    rows = (
        Statement.objects.filter(of_period | Q(contract__in=list(instead)))
        .exclude(status__in=[Statement.Status.ISSUED, Statement.Status.WITHDRAWN])
        .order_by("period_first", "pk")
        .values_list("contract", "period_first", "period_last", "pk", *names[1:])
    )
    found: dict[int, list[tuple[str, dict]]] = {}
    for contract, first, last, *values in rows:
        each = Period(first, last)
        if each in instead.get(contract, (period,)):
            named = (str(each), dict(zip(names, values, strict=True)))
            found.setdefault(contract, []).append(named)
    return found


def begin(contracts: Sequence[Contract], period: Period) -> Work:
    """Return what brings contracts' statements for the period up to date, and others that changed.

    What came late for a period already issued makes a correction there, whatever period is run;
    drafts take it up. Later ones too: an end, or an instalment, moves money between periods, and
    it would be charged twice until both were run.
    """

    def compute(some: Sequence[Contract]) -> list[Rows]:
        found = compute_statements(some, period)
        return [_made(found[contract.pk], period) for contract in some]

    return compute


def _made(found: Found, period: Period) -> list[Row] | Skipped:
    if found.refused:
        return Skipped(refusal_text(found.refused))
    rows = [row for row in (_row(*each) for each in found.statements) if row]
    if not rows:
        return Skipped(_nothing(found.findings))
    _with_findings(rows[0], period, found.findings)
    return rows


def _nothing(findings: Sequence[str]) -> str:
    """Return why a contract was skipped that has nothing to charge."""
    return "; ".join([_("nothing to bill"), *findings])


def _with_findings(row: Row, period: Period, findings: Sequence[str]) -> Row:
    if findings:
        row["findings"] = [f"{period}: {text}" for text in findings]
    return row


def describe(row: Row) -> str:
    """Return a statement in one line for people."""
    name = row["number"] or f"{row['contract']} {row['period']}"
    if row["sequence"]:
        name += " " + _("(correction %(number)d)") % {"number": row["sequence"]}
    status = Statement.Status(row["status"]).label
    told = f"{name}: {euro(Decimal(row['total']))}, {status}"
    return "; ".join([told, *row.get("findings", ())])


def _row(statement: Statement | None, changed: bool) -> Row | None:
    if statement is None:
        return None
    return _told(
        statement.contract.number,
        str(statement.period),
        id=statement.pk,
        sequence=statement.sequence,
        status=statement.status,
        number=statement.number,
        total=statement.total,
        instalments=statement.instalments,
        due_on=statement.due_on,
        changed=changed,
    )


def _told(
    contract: str,
    period: str,
    *,
    id: int,
    sequence: int,
    status: str,
    number: str,
    total: Decimal,
    instalments: Decimal,
    due_on: date | None,
    changed: bool,
) -> Row:
    """Return what a run tells of a statement."""
    return {
        "id": id,
        "contract": contract,
        "period": period,
        "sequence": sequence,
        "status": status,
        "number": number,
        "total": str(total),
        "instalments": str(instalments),
        "balance": str(total - instalments),
        "due_on": due_on.isoformat() if due_on else None,
        "changed": changed,
    }


JOB = Job(
    name="statements",
    label=gettext_lazy("Billing statements"),
    kind="statements",
    select=select,
    start=start,
    begin=begin,
    at_once=50,
    describe=describe,
)
