"""Where runs have to look again: marks of writes, taken up into what was computed before.

Whatever statements read leaves a mark (`base.marking`). Marks are taken up under the lock of
their contracts: whoever computes holds it from before facts are read until what was computed is
stored, so no write falls between. Checking, releasing and issuing compute in full and ask nothing
of this; a mark that nobody left delays a correction, and a sample finds it (`jobs.sample`).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from contracts.billing import Period
from contracts.models import ChangeMark, Contract
from jobs.models import ComputedPeriod, Statement

NOTED = ("reads_from", "due", "outdated", "instead", "forgotten_on")
AT_ONCE = 5000  # marks, well below the parameter limits of both databases


def lock_contracts(keys: Collection[int] | None = None) -> None:
    """Let nobody else compute or issue these contracts' statements, or any, meanwhile.

    Until the transaction ends; always in one order. Facts are recorded all the same: what refers
    to a contract needs no more than that its key stays.
    """
    contracts = Contract.objects.order_by("pk")
    if keys is not None:
        contracts = contracts.filter(pk__in=keys)
    list(contracts.select_for_update(of=("self",), no_key=True).values_list("pk"))


def take_up(contract: Contract | None = None) -> None:
    """Note as outdated what was marked, of one contract or of all, and forget the marks.

    Marks of all contracts, such as an upgrade leaves, wait until they are asked for all.
    """
    marks = ChangeMark.objects.order_by("pk")
    if contract is not None:
        marks = marks.filter(contract=contract)
    while found := list(marks.values_list("pk", "contract_id")[:AT_ONCE]):
        keys = {key for _pk, key in found}
        with transaction.atomic():
            lock_contracts(None if None in keys else keys)
            taken = ChangeMark.objects.filter(pk__in=[pk for pk, _key in found])
            current = ComputedPeriod.objects.filter(outdated=False)
            # Under the lock: another may have taken them up since.
            if not taken.filter(contract=None).exists():
                seen = taken.filter(
                    contract=OuterRef("contract"),
                    first__lte=OuterRef("period_last"),
                    last__gte=OuterRef("reads_from"),
                )
                current = current.filter(Exists(seen))
            current.update(outdated=True)
            taken.delete()


def look_again_at(contract: Contract) -> None:
    """Let the next run look at all periods of a contract, whatever was marked."""
    with transaction.atomic():
        lock_contracts([contract.pk])
        ComputedPeriod.objects.filter(contract=contract).update(outdated=True)


def note_computed(rows: Iterable[ComputedPeriod], *, findings: bool = False) -> None:
    """Note what was computed just now, from facts read under the lock of its contract.

    `findings`: also what it had to tell; otherwise that stays as it is.
    """
    rows = list(rows)
    if not rows:
        return
    ComputedPeriod.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["contract", "period_first", "period_last"],
        update_fields=[*NOTED, *(["findings"] if findings else [])],
    )


def outdated_originals(contracts: Iterable[int] | None = None) -> dict[int, list[Period]]:
    """Return by contract the periods that have a statement and are to be looked at again."""
    stated = Statement.objects.filter(
        contract=OuterRef("contract"),
        period_first=OuterRef("period_first"),
        period_last=OuterRef("period_last"),
        sequence=0,
    )
    rows = ComputedPeriod.objects.filter(Exists(stated), outdated=True)
    if contracts is not None:
        rows = rows.filter(contract__in=contracts)
    return by_contract(rows)


def by_contract(rows: QuerySet) -> dict[int, list[Period]]:
    """Return the periods that rows are about, in order, by the key of their contract."""
    found: dict[int, list[Period]] = {}
    days = rows.order_by("contract", "period_first", "period_last")
    for contract, *ends in days.values_list("contract", "period_first", "period_last"):
        found.setdefault(contract, []).append(Period(*ends))
    return found


def unlooked_at(period: Period) -> QuerySet[Contract]:
    """Return the concluded contracts that nobody has looked at for a period as they are now."""
    seen = ComputedPeriod.objects.filter(
        contract=OuterRef("pk"),
        period_first=period.first,
        period_last=period.last,
        outdated=False,
        instead__isnull=False,
    )
    return Contract.objects.concluded().filter(~Exists(seen))


def is_outdated(statement: Statement) -> bool:
    """Whether something was written, since a statement was computed, on days it rests on."""
    computed = ComputedPeriod.objects.filter(
        contract=statement.contract_id,
        period_first=statement.period_first,
        period_last=statement.period_last,
    ).first()
    if computed is None or computed.outdated:
        return computed is not None
    return ChangeMark.objects.filter(
        contract=statement.contract_id,
        first__lte=statement.period_last,
        last__gte=computed.reads_from,
    ).exists()


def computed(
    contract: int,
    period: Period,
    reads_from: date | None = None,
    *,
    due: bool,
    instead: Sequence[Period] | None = (),
) -> ComputedPeriod:
    """Return the row, not stored yet, that says that a period was computed.

    `due` as runs for the period have it (`jobs.due`): they tell of all others, and of these alone;
    `instead` as `ComputedPeriod` has it.
    """
    return ComputedPeriod(
        contract_id=contract,
        period_first=period.first,
        period_last=period.last,
        reads_from=min(reads_from or period.first, period.first),
        due=due,
        instead=None if instead is None else [_days(each) for each in instead],
    )


def _days(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat()]


def periods_of(days: Iterable[Sequence[str]]) -> list[Period]:
    """Return the periods that `ComputedPeriod.instead` names."""
    return [Period(*map(date.fromisoformat, each)) for each in days]
