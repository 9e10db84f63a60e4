"""The evidence beside a statement: payroll of its period by month, and the files that show it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q

from base.facts import Fact
from contracts.billing import Facts, Period, model_of
from contracts.models import Evidence, PayrollLine
from jobs.models import Statement, StatementLine
from jobs.models.statement import NOTHING

MOST_MONTHS = 36
"""Months shown beside a statement; longer periods are shown by their sums alone."""


def reads_costs(statement: Statement, lines: Sequence[StatementLine]) -> bool:
    """Tell whether the contract reimburses costs, for which evidence is asked."""
    edition = lines[0].edition if lines else statement.contract.edition_on(statement.period_last)
    if edition is None:
        return False
    return any(model_of(terms).FACTS is Facts.COST for terms in edition.data.remuneration)


@dataclass(frozen=True)
class Month:
    """A month's payroll: what of it is eligible and what not, in EUR, and what shows it.

    `numbered` lines name a voucher without a file, `bare` ones name nothing.
    """

    first: date
    lines: int
    eligible: Decimal
    other: Decimal
    numbered: int
    bare: int


def _month(month: Period, lines: list[PayrollLine]) -> Month:
    found = [line for line in lines if month.contains(line.day)]
    unshown = [line for line in found if not line.shown_by]
    numbered = sum(bool(line.evidence) for line in unshown)
    return Month(
        first=month.first,
        lines=len(found),
        eligible=_sum(line for line in found if line.eligible),
        other=_sum(line for line in found if not line.eligible),
        numbered=numbered,
        bare=len(unshown) - numbered,
    )


def _sum(lines: Iterable[PayrollLine]) -> Decimal:
    return sum((line.amount for line in lines), NOTHING)


def evidence_of(statement: Statement) -> dict:
    """Return the payroll lines of a statement's period by month, with their files."""
    period = statement.period
    days = (period.first, period.last)
    files = Evidence.objects.standing().filter(contract=statement.contract, day__range=days)
    submitted = PayrollLine.objects.filter(
        contract=statement.contract, day__range=days, status=Fact.Status.SUBMITTED
    )
    shown = Q(files__status=Evidence.Status.SUBMITTED)
    rows = submitted.annotate(shown_by=Count("files", filter=shown)).order_by("day", "reference")
    lines = list(rows)
    months = [_month(month, lines) for month in period.months()]
    return {
        "months": months if len(months) <= MOST_MONTHS else (),
        "payroll_total": _sum(line for line in lines if line.eligible),
        "files": files.select_related("payroll_line").order_by("day", "pk"),
        "with_costs": True,
    }
