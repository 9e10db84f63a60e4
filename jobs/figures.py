"""What is counted of statements and money, for those who steer (`base.workspace.figures`).

Sums are of the rows that the list behind them shows, which says the same sum above its table.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, F, Max, Q, Sum
from django.utils.translation import gettext as _

from base.workspace.figures import Line, Measured, Narrowing
from contracts.billing import Period, to_cents
from contracts.dates.obligations import Obligations, obligations_of
from contracts.models import Contract
from jobs.models import Statement
from jobs.models.statement import NOTHING, StatementQuerySet

MOST_CONTRACTS = 25
NARROWED_BY = frozenset({"period", "body", "provider"})
"""Statements are of contracts; no team has any."""

UNDER_WAY = "under_way"
PATHS = {"body": "contract__commissioning_body", "provider": "contract__provider"}


def under_way(statements: StatementQuerySet) -> StatementQuerySet:
    """Return statements that stand and are not issued yet."""
    return statements.standing().exclude(status=Statement.Status.ISSUED)


def narrowed(user, narrowing: Narrowing) -> StatementQuerySet:
    """Return the visible statements that stand, of what figures are narrowed to."""
    rows = Statement.objects.visible_to(user).standing().order_by()
    return rows.filter(**{PATHS[name]: key for name, key in narrowing.keys.items()})


def within(statements: StatementQuerySet, period: Period) -> StatementQuerySet:
    """Return the statements whose period lies in another."""
    return statements.filter(period_first__gte=period.first, period_last__lte=period.last)


def period_of(narrowing: Narrowing) -> Period:
    """Return the period that figures are asked for."""
    return Period(narrowing.first, narrowing.last)


def not_issued(user, narrowing: Narrowing) -> Measured:
    """Count the statements of the period that are not issued yet."""
    period = period_of(narrowing)
    rows = under_way(within(narrowed(user, narrowing), period))
    return Measured(
        rows.count(), narrowing.address("statements", status=UNDER_WAY, period=str(period))
    )


def overdue(user, narrowing: Narrowing) -> Measured:
    """Count the statements that are due by now and not issued, whatever their period."""
    rows = under_way(narrowed(user, narrowing)).filter(due_on__lt=narrowing.today)
    url = narrowing.address("statements", status=UNDER_WAY, due_before=narrowing.today)
    return Measured(rows.count(), url)


def billed(user, narrowing: Narrowing) -> Measured:
    """Return what the issued statements of the period come to, corrections with their difference.

    Beside it stands what the same days a year before came to.
    """
    period = period_of(narrowing)
    url = narrowing.address("statements", status="issued", period=str(period))
    issued = narrowed(user, narrowing).issued()
    before = Period(_year_before(period.first), _year_before(period.last))
    total, earlier = (_total(within(issued, each)) for each in (period, before))
    remark = _("%s a year before") % Measured(earlier)
    return Measured(total, url, remark)


def by_state(user, narrowing: Narrowing) -> Iterator[Line]:
    """Yield how many statements of the period are how far, and what they come to."""
    period = period_of(narrowing)
    counts = within(narrowed(user, narrowing), period).values_list("status")
    found = {
        state: (count, total) for state, count, total in counts.annotate(Count("pk"), Sum("total"))
    }
    for state in Statement.Status:
        if state in found:
            count, total = found[state]
            url = narrowing.address("statements", status=state.value, period=str(period))
            yield Line(state.label, [Measured(count, url), Measured(_cents(total), url)])


def by_contract(user, narrowing: Narrowing) -> list[Line]:
    """Return what contracts come to in the year in which the period ends, the largest first.

    One query for the sums, three for what the contracts agree on.
    """
    year = Period(date(narrowing.last.year, 1, 1), date(narrowing.last.year, 12, 31))
    over = Q(period_last__lt=narrowing.today)
    rows = (
        within(narrowed(user, narrowing), year)
        .values("contract", "contract__number")
        .annotate(
            committed=Sum("total"),
            billed=Sum("total", filter=Q(status=Statement.Status.ISSUED)),
            paid=Sum("instalments"),
            past=Sum("total", filter=over),
            until=Max("period_last", filter=over),
        )
        .order_by(F("committed").desc(), "contract__number")[:MOST_CONTRACTS]
    )
    found = list(rows)
    contracts = Contract.objects.filter(pk__in=[row["contract"] for row in found]).only("pk")
    obliged = obligations_of(contracts)
    return [_line(row, narrowing, year, obliged.get(row["contract"])) for row in found]


def _line(row: dict, narrowing: Narrowing, year: Period, obliged: Obligations | None) -> Line:
    url = narrowing.address("statements", contract=row["contract"], period=str(year))
    issued = narrowing.address(
        "statements", contract=row["contract"], period=str(year), status="issued"
    )
    cells = [
        Measured(_cents(row["committed"]), url),
        Measured(_cents(row["billed"]), issued),
        Measured(_cents(row["paid"]), url),
        forecast(_cents(row["past"]), row["until"], year, obliged),
    ]
    return Line(row["contract__number"], cells)


def forecast(
    past: Decimal, until: date | None, year: Period, obliged: Obligations | None
) -> Measured:
    """Return what a contract comes to in a year if it goes on like in the periods that are over.

    `past` is what these come to, `until` their last day: day for day, up to the end of the year or
    of the contract. Nothing where none is over.
    """
    if until is None or obliged is None:
        return Measured(None)
    first = max(obliged.first, year.first)
    last = min(obliged.last or year.last, year.last)
    known, whole = (until - first).days + 1, (last - first).days + 1
    if known < 1 or whole < known:
        return Measured(past)
    remark = _("from %(known)d of %(whole)d days") % {"known": known, "whole": whole}
    return Measured(to_cents(Fraction(past) * whole / known), remark=remark)


def _total(statements: StatementQuerySet) -> Decimal:
    return _cents(statements.aggregate(total=Sum("total"))["total"])


def _cents(total: Decimal | None) -> Decimal:
    # SQLite adds decimals as floats; cents are what was stored.
    return (total or NOTHING).quantize(NOTHING)


def _year_before(day: date) -> date:
    """Return the same day a year before; the last of February instead of the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
