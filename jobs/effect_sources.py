"""What a step makes of statements and reports, told before the step is taken."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from contracts.billing import Period
from contracts.effects import Measured, register
from contracts.models import Contract
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from jobs.documents import formats
from jobs.models import Report, Statement
from jobs.models.statement import NOTHING


def charged(contract: Contract, since: date, user) -> dict[Measured, Decimal]:
    """Bring the statements from a day's year on up to date; return what each period comes to.

    From the year on, since what is agreed per year is compared over it (D43); none where no
    statement has got that far. Writes: whoever only asks undoes it.
    """
    visible = Statement.objects.visible_to(user, "jobs.view_statement").filter(contract=contract)
    if not visible.filter(period_last__gte=since).exists():
        return {}
    originals = visible.filter(sequence=0, period_last__gte=date(since.year, 1, 1))
    found = {}
    for original in list(originals.order_by("period_first", "period_last")):
        # Days that another statement has billed stay as they are, as in a run.
        with suppress(ValidationError):
            compute_statement(contract, original.period)
        name = formats.period(original.period)
        label = f"{original.number} · {name}" if original.number else name
        found[Measured(label, original.get_absolute_url())] = _charged(contract, original.period)
    return found


def _charged(contract: Contract, period: Period):
    """Return what original and corrections of a period come to, in EUR."""
    totals = Statement.objects.for_period(contract, period).values_list("total", flat=True)
    return sum(totals, NOTHING)


def reported(contract: Contract, since: date, user) -> dict[Measured, Decimal]:
    """Bring the reports on a day and later up to date; return the number of each one's version."""
    visible = Report.objects.visible_to(user, "jobs.view_report").filter(contract=contract)
    reports = visible.filter(period_last__gte=since).order_by("period_first", "kind")
    found = {}
    for report in list(reports):
        compute_report(contract, report.period, report.kind)
        newest = report.current()
        if newest is not None:
            label = formats.period(report.period)
            found[Measured(label, report.get_absolute_url(), "version")] = Decimal(newest.number)
    return found


register(charged)
register(reported)
