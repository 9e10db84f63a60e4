"""Compute contracts' reports for periods; what late knowledge changes becomes a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from base.acting import current_time
from base.history import create_tracked
from base.seals import seal_of
from contracts.billing import Period
from contracts.models import Contract
from jobs.marks import lock_contracts
from jobs.models import Report, ReportVersion
from jobs.reports import HALF_YEAR, KINDS

Asked = tuple[int, Period]
"""A contract's key, and what it reports on."""


@dataclass(frozen=True)
class Made:
    """The newest version of a report, and whether it is new."""

    version: ReportVersion
    changed: bool


def compute_report(
    contract: Contract, period: Period, kind: str = HALF_YEAR.key
) -> tuple[ReportVersion | None, bool]:
    """Bring a report up to date; return its newest version and whether that is new.

    None where the contract is not in force in the period.
    """
    made = compute_reports({period: [contract]}, kind).get((contract.pk, period))
    return (made.version, made.changed) if made else (None, False)


def compute_reports(
    wanted: Mapping[Period, list[Contract]], kind: str = HALF_YEAR.key
) -> dict[Asked, Made]:
    """Bring reports up to date, each period's together, under the lock of their contracts.

    Return what there is of each; contracts that are not in force in a period are missing.
    """
    with transaction.atomic():
        contracts = {contract.pk: contract for some in wanted.values() for contract in some}
        lock_contracts(contracts)
        contents = {
            (key, period): gathered.content()
            for period, some in wanted.items()
            for key, gathered in KINDS[kind].gather(period, some).items()
        }
        return _store(contracts, kind, contents)


def _store(
    contracts: Mapping[int, Contract], kind: str, contents: Mapping[Asked, dict]
) -> dict[Asked, Made]:
    """Store contents as the next versions of their reports, unless the newest say the same."""
    reports, newest = _there(kind, contents)
    _make_missing(reports, contracts, kind, contents)
    found: dict[Asked, Made] = {}
    for asked, content in contents.items():
        report, version = reports[asked], newest.get(asked)
        if version is not None and version.content == content:
            found[asked] = Made(version, changed=False)
            continue
        if report.due_on != (due_on := _due_on(content)):
            report.due_on = due_on
            report.save()
        number = version.number + 1 if version else 1
        version = ReportVersion(
            report=report, number=number, content=content, computed_at=current_time()
        )
        version.seal = seal_of(version.sealed())
        found[asked] = Made(version, changed=True)
    ReportVersion.objects.bulk_create(made.version for made in found.values() if made.changed)
    return found


def _there(
    kind: str, contents: Mapping[Asked, dict]
) -> tuple[dict[Asked, Report], dict[Asked, ReportVersion]]:
    """Return the reports there are of these, and the newest version of each."""
    rows = Report.objects.filter(
        kind=kind,
        contract__in={contract for contract, _period in contents},
        period_first__in={period.first for _contract, period in contents},
    )
    reports = {(report.contract_id, report.period): report for report in rows}
    reports = {asked: report for asked, report in reports.items() if asked in contents}
    by_key = {report.pk: asked for asked, report in reports.items()}
    versions = ReportVersion.objects.newest().filter(report__in=list(by_key))
    return reports, {by_key[version.report_id]: version for version in versions}


def _make_missing(
    reports: dict[Asked, Report],
    contracts: Mapping[int, Contract],
    kind: str,
    contents: Mapping[Asked, dict],
) -> None:
    missing = {
        (key, period): Report(
            contract=contracts[key],
            kind=kind,
            period_first=period.first,
            period_last=period.last,
            due_on=_due_on(contents[key, period]),
        )
        for key, period in contents
        if (key, period) not in reports
    }
    create_tracked(Report, missing.values())
    reports |= missing


def _due_on(content: Mapping) -> date | None:
    return content["due_on"] and date.fromisoformat(content["due_on"])
