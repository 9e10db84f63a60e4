"""The job that brings billing statements up to date: drafts for a period, corrections of any."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.billing import Period
from contracts.models import Contract
from contracts.obligations import Obligations, obligations_of
from forms.quantities import Ground, grounds_of
from jobs.actions.compute_statement import compute_statement
from jobs.explanation import euro
from jobs.models import Statement
from jobs.registry import Job, Row, Skipped, Work
from jobs.unpriced import unpriced_work


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
    contracts = list(contracts)
    if period.cycle is None:
        return contracts
    obliged = obligations_of(contracts)
    beyond = _billed_beyond_end(obliged)
    return [each for each in contracts if each.pk in beyond or obliged[each.pk].to_bill(period)]


def prepare(contracts: Sequence[Contract], period: Period) -> Work:
    """Look up for all contracts what their statements rest on besides facts."""
    grounds, others = grounds_of(contracts), _other_periods(contracts, period)
    return lambda contract: _run(
        contract, period, grounds[contract.pk], others.get(contract.pk, ())
    )


def run_one(contract: Contract, period: Period) -> list[Row]:
    """Do the work of one contract."""
    return prepare([contract], period)(contract)


def _run(
    contract: Contract, period: Period, ground: Ground, other_periods: Sequence[Period]
) -> list[Row]:
    """Bring the contract's statement for the period up to date, and all others it has.

    What came late for a period already issued makes a correction there, whatever period is run;
    drafts take it up. Later ones too: an end, or an instalment, moves money between periods, and
    it would be charged twice until both were run.
    """
    # Where it has another rhythm than was asked for one contract, people know why.
    periods = ground.obliged.to_bill(period) or [period]
    try:
        made = [_row(*compute_statement(contract, each, ground)) for each in periods]
    except ValidationError as error:
        raise Skipped("; ".join(error.messages)) from error
    for other in other_periods:
        if other in periods:
            continue
        # A draft whose days another statement has billed stays as it is.
        with suppress(ValidationError):
            made.append(_row(*compute_statement(contract, other)))
    found = [row for row in made if row]
    unpriced = [each.text for each in unpriced_work(contract, period, ground.obliged)]
    if not found:
        raise Skipped("; ".join([_("nothing to bill"), *unpriced]))
    if unpriced:
        found[0]["findings"] = [f"{period}: {text}" for text in unpriced]
    return found


def describe(row: Row) -> str:
    """Return a statement in one line for people."""
    name = row["number"] or f"{row['contract']} {row['period']}"
    if row["sequence"]:
        name += " " + _("(correction %(number)d)") % {"number": row["sequence"]}
    status = Statement.Status(row["status"]).label
    told = f"{name}: {euro(Decimal(row['total']))}, {status}"
    return "; ".join([told, *row.get("findings", ())])


def _other_periods(contracts: Sequence[Contract], period: Period) -> dict[int, list[Period]]:
    """Return by contract the other periods for which there is a statement, in order."""
    stored = Statement.objects.filter(contract__in=contracts, sequence=0)
    days = stored.order_by("period_first", "period_last")
    found: dict[int, list[Period]] = {}
    for contract, *ends in days.values_list("contract", "period_first", "period_last"):
        if Period(*ends) != period:
            found.setdefault(contract, []).append(Period(*ends))
    return found


def _billed_beyond_end(obliged: Mapping[int, Obligations]) -> set[int]:
    """Return the keys of contracts that statements still charge after their last day."""
    ends = {key: each.last for key, each in obliged.items() if each.last is not None}
    first_end = min(ends.values(), default=date.max)
    chains = Statement.objects.filter(contract__in=list(ends), period_first__gt=first_end)
    sums = chains.order_by().values("contract", "period_first", "period_last")
    found = sums.annotate(charged=Sum("total"), paid=Sum("instalments"))
    return {
        chain["contract"]
        for chain in found
        if chain["period_first"] > ends[chain["contract"]]
        and (round(chain["charged"], 2) or round(chain["paid"], 2))
    }


def _row(statement: Statement | None, changed: bool) -> Row | None:
    if statement is None:
        return None
    return {
        "id": statement.pk,
        "contract": statement.contract.number,
        "period": str(statement.period),
        "sequence": statement.sequence,
        "status": statement.status,
        "number": statement.number,
        "total": str(statement.total),
        "instalments": str(statement.instalments),
        "balance": str(statement.balance),
        "due_on": statement.due_on.isoformat() if statement.due_on else None,
        "changed": changed,
    }


JOB = Job(
    name="statements",
    label=gettext_lazy("Billing statements"),
    kind="statements",
    select=select,
    run_one=run_one,
    prepare=prepare,
    describe=describe,
)
