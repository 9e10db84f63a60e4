"""The job that makes the half-year reports, and restates those that late records changed."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.billing import Period
from contracts.models import Contract
from contracts.obligations import obligations_of
from jobs.actions.compute_report import store_report
from jobs.models import Report, ReportVersion
from jobs.registry import Job, Row, Skipped, Work
from jobs.reports import HALF_YEAR, Gathered


def select(period: Period, scope: str | None) -> Sequence[Contract]:
    """Return the contract asked for, or all that report on periods of this length.

    A period from–until that is no month, quarter, half or year is for all that report at all.
    """
    contracts = Contract.objects.concluded().order_by("number")
    if scope is not None:
        found = contracts.filter(number=scope).first()
        if found is None:
            raise LookupError(_("There is no concluded contract %s.") % scope)
        return [found]
    contracts = list(contracts)
    obliged = obligations_of(contracts)
    if period.cycle is None:
        return [each for each in contracts if obliged[each.pk].reports_in(period)]
    return [each for each in contracts if obliged[each.pk].to_report(period)]


def begin(contracts: Sequence[Contract], period: Period) -> Work:
    """Compute the period's reports, and the earlier ones there are, each period at once.

    Return what makes a contract's report, and restates its earlier ones.
    """
    earlier = _earlier_reports(contracts, period)
    obliged = obligations_of(contracts)
    asked = {each.pk: obliged[each.pk].to_report(period) or [period] for each in contracts}
    wanted = {each: list(some) for each, some in earlier.items()}
    for contract in contracts:
        for each in asked[contract.pk]:
            there = wanted.setdefault(each, [])
            if contract not in there:
                there.append(contract)
    gathered = {each: HALF_YEAR.gather(each, some) for each, some in wanted.items()}
    return lambda some: [_store(each, asked[each.pk], gathered) for each in some]


def _earlier_reports(contracts: Sequence[Contract], period: Period) -> dict[Period, list[Contract]]:
    by_key = {contract.pk: contract for contract in contracts}
    reports = Report.objects.filter(
        contract__in=list(by_key), kind=HALF_YEAR.key, period_last__lt=period.first
    ).order_by("period_first", "contract__number")
    found: dict[Period, list[Contract]] = {}
    for report in reports:
        found.setdefault(report.period, []).append(by_key[report.contract_id])
    return found


def _store(
    contract: Contract,
    asked: Sequence[Period],
    gathered: Mapping[Period, Mapping[int, Gathered]],
) -> list[Row]:
    if not any(contract.pk in gathered[each] for each in asked):
        raise Skipped(_("The contract is not in force in this period."))
    rows = []
    for each in sorted(gathered):
        figures = gathered[each].get(contract.pk)
        if figures is None:
            continue
        version, changed = store_report(contract, each, HALF_YEAR.key, figures.content())
        if changed or each in asked:
            rows.append(_row(contract, each, version, changed))
    return rows


def _row(contract: Contract, period: Period, version: ReportVersion, changed: bool) -> Row:
    total = version.content["total"]
    return {
        "id": version.report_id,
        "contract": contract.number,
        "period": str(period),
        "kind": HALF_YEAR.key,
        "version": version.number,
        "due_on": version.content["due_on"],
        "processed": total["processed"],
        "closed": total["closed"],
        "hours": total["hours"],
        "changed": changed,
    }


def describe(row: Row) -> str:
    """Return the row as one line for people."""
    due = row["due_on"] and formats.date_format(date.fromisoformat(row["due_on"]), "d.m.Y")
    return _(
        "%(contract)s %(period)s: %(processed)d cases, %(hours)s hours, version %(version)d,"
        " due %(due)s"
    ) % {
        **row,
        "hours": formats.number_format(row["hours"], decimal_pos=2, force_grouping=True),
        "due": due or "–",
    }


JOB = Job(
    name="reports",
    label=gettext_lazy("Half-year reports"),
    kind="reports",
    select=select,
    begin=begin,
    describe=describe,
)
