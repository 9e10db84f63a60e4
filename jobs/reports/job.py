"""The job that makes the half-year reports, and restates those that late records changed."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import formats
from contracts.billing import Period
from contracts.dates.obligations import Obligations, obligations_of
from contracts.models import Contract
from jobs.actions.compute_report import Made, compute_reports
from jobs.marks import (
    computed,
    contracts_to_look_at,
    lock_contracts,
    look_again_at,
    looked_at,
    note_computed,
    outdated_reports,
    periods_of,
    take_up,
)
from jobs.models import ComputedPeriod, ReportVersion
from jobs.registry import Job, Row, Rows, Skipped, Start, Work
from jobs.reports import HALF_YEAR


def select(period: Period, scope: str | None) -> Sequence[Contract]:
    """Return the contract asked for, or all that report on periods of this length.

    A period from–until that is no quarter, half or year is for all that report at all.
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
    return [each for each in contracts if _is_due(obliged[each.pk], period)]


def _is_due(obliged: Obligations, period: Period) -> bool:
    if period.cycle is None:
        return obliged.reports_in(period)
    return bool(obliged.to_report(period))


def start(period: Period, scope: str | None) -> Start:
    """Return the contracts a run has to look at, and what there is of the others.

    Those for which something was written since they were looked at. Who asks for one contract
    wants it looked at, whatever was written.
    """
    if scope is not None:
        contracts = select(period, scope)
        look_again_at(contracts[0], HALF_YEAR.key)
        return Start(contracts)
    take_up()
    outdated = outdated_reports(HALF_YEAR.key, before=period.first)
    contracts = contracts_to_look_at(
        HALF_YEAR.key, period, outdated, lambda some: _due(some, period)
    )
    return _with_others(contracts, period)


def _with_others(contracts: Sequence[Contract], period: Period) -> Start:
    """Tell of contracts that need not be looked at what a run would: their reports stand."""
    to_look_at = {contract.pk for contract in contracts}
    rows = looked_at(HALF_YEAR.key, period).order_by("contract__number")
    others = [row for row in rows.values_list("contract", "instead") if row[0] not in to_look_at]
    instead = {key: periods_of(days) for key, days in others if days}
    versions = ReportVersion.objects.newest().filter(
        Q(report__period_first=period.first, report__period_last=period.last)
        | Q(report__contract__in=list(instead)),
        report__kind=HALF_YEAR.key,
    )
    made: dict[int, list[Row]] = {}
    for contract, number, first, last, *values in versions.order_by(
        "report__period_first", "report__period_last"
    ).values_list(
        "report__contract",
        "report__contract__number",
        "report__period_first",
        "report__period_last",
        "report",
        "number",
        "content__due_on",
        "content__total",
    ):
        if (each := Period(first, last)) in instead.get(contract, [period]):
            made.setdefault(contract, []).append(_told(number, each, *values, changed=False))
    return Start(contracts, [row for key, _days in others for row in made.get(key, ())])


def begin(contracts: Sequence[Contract], period: Period) -> Work:
    """Return what makes contracts' reports, and restates earlier ones that changed since."""
    return lambda some: _compute(some, period)


def _compute(contracts: Sequence[Contract], period: Period) -> list[Rows]:
    keys = [contract.pk for contract in contracts]
    lock_contracts(keys)
    obliged = obligations_of(contracts)
    earlier = outdated_reports(HALF_YEAR.key, period.first, keys)
    asked = {key: obliged[key].to_report(period) or [period] for key in keys}
    wanted: dict[Period, list[Contract]] = {}
    notes = []
    for contract in contracts:
        key = contract.pk
        for each in dict.fromkeys([*earlier.get(key, ()), *asked[key]]):
            wanted.setdefault(each, []).append(contract)
            notes.append(_note(obliged[key], key, each))
        notes.append(_note(obliged[key], key, period, of_run=True))
    made = compute_reports(wanted, HALF_YEAR.key)
    note_computed({(note.contract_id, note.period): note for note in notes}.values())
    return [_rows(contract, asked[contract.pk], sorted(wanted), made) for contract in contracts]


def _note(obliged: Obligations, contract: int, period: Period, *, of_run=False) -> ComputedPeriod:
    """Return what to note: of a period that was computed, or of what a run for it is to compute."""
    instead = obliged.to_report(period)
    if instead in ([], [period]):
        instead = ()
    elif not of_run:
        instead = None
    due = _is_due(obliged, period)
    return computed(contract, period, kind=HALF_YEAR.key, due=due, instead=instead)


def _rows(
    contract: Contract,
    asked: Sequence[Period],
    periods: Sequence[Period],
    made: Mapping[tuple[int, Period], Made],
) -> list[Row] | Skipped:
    if not any((contract.pk, each) in made for each in asked):
        return Skipped(_("The contract is not in force in this period."))
    return [
        _row(contract, each, found)
        for each in periods
        if (found := made.get((contract.pk, each))) and (found.changed or each in asked)
    ]


def _row(contract: Contract, period: Period, made: Made) -> Row:
    version, content = made.version, made.version.content
    return _told(
        contract.number,
        period,
        version.report_id,
        version.number,
        content["due_on"],
        content["total"],
        changed=made.changed,
    )


def _told(
    contract: str,
    period: Period,
    report: int,
    version: int,
    due_on: str | None,
    total: Mapping,
    *,
    changed: bool,
) -> Row:
    """Return what a run tells of a report."""
    return {
        "id": report,
        "contract": contract,
        "period": str(period),
        "kind": HALF_YEAR.key,
        "version": version,
        "due_on": due_on,
        "processed": total["processed"],
        "closed": total["closed"],
        "hours": total["hours"],
        "changed": changed,
    }


def describe(row: Row) -> str:
    """Return the row as one line for people."""
    due = formats.day(date.fromisoformat(row["due_on"])) if row["due_on"] else formats.NOTHING
    return _(
        "%(contract)s %(period)s: %(processed)d cases, %(hours)s hours, version %(version)d,"
        " due %(due)s"
    ) % {
        **row,
        "hours": formats.hours(row["hours"]),
        "due": due,
    }


JOB = Job(
    name="reports",
    label=gettext_lazy("Half-year reports"),
    kind="reports",
    select=select,
    start=start,
    begin=begin,
    at_once=200,
    describe=describe,
)
