"""Compute a contract's report for a period; what late knowledge changes becomes a new version."""

from datetime import date

from django.db import transaction

from base.acting import current_time
from base.seals import seal_of
from contracts.billing import Period
from contracts.models import Contract
from jobs.models import Report, ReportVersion
from jobs.reports import HALF_YEAR, KINDS


def compute_report(
    contract: Contract, period: Period, kind: str = HALF_YEAR.key
) -> tuple[ReportVersion | None, bool]:
    """Bring a report up to date; return its newest version and whether that is new.

    None where the contract is not in force in the period.
    """
    with transaction.atomic():
        gathered = KINDS[kind].gather(period, [contract]).get(contract.pk)
        if gathered is None:
            return None, False
        return store_report(contract, period, kind, gathered.content())


def store_report(
    contract: Contract, period: Period, kind: str, content: dict
) -> tuple[ReportVersion, bool]:
    """Store content as the report's next version, unless the newest says the same already."""
    due_on = content["due_on"] and date.fromisoformat(content["due_on"])
    with transaction.atomic():
        report, _made = Report.objects.get_or_create(
            contract=contract,
            kind=kind,
            period_first=period.first,
            period_last=period.last,
            defaults={"due_on": due_on},
        )
        report = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
        newest = report.current()
        if newest is not None and newest.content == content:
            return newest, False
        if report.due_on != due_on:
            report.due_on = due_on
            report.save()
        version = ReportVersion(
            report=report,
            number=newest.number + 1 if newest else 1,
            content=content,
            computed_at=current_time(),
        )
        version.seal = seal_of(version.sealed())
        version.save()
    return version, True
