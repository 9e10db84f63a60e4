"""Where runs have to look again: marks of writes, taken up into what was computed before.

Whatever statements and reports read leaves a mark (`base.marking`). Marks are taken up under the
lock of their contracts: whoever computes holds it from before facts are read until what was
computed is stored, so no write falls between. Checking, releasing and issuing compute in full and
ask nothing of this; a mark that nobody left delays a correction, and a spot check finds it
(`jobs.spot_checks`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.billing import Period
from contracts.models import ChangeMark, Contract
from jobs.models import ComputedPeriod, Report, Statement
from jobs.models.computed_period import STATEMENTS

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
                read = Exists(seen.filter(reports_only=False))
                current = current.filter(read | ~Q(kind=STATEMENTS) & Exists(seen))
            current.update(outdated=True)
            taken.delete()


def look_again_at(contract: Contract, kind: str = STATEMENTS) -> None:
    """Let the next run look at all periods of a contract, whatever was marked.

    What was marked is taken up, or it would be told as newer than what the run computes.
    """
    with transaction.atomic():
        lock_contracts([contract.pk])
        take_up(contract)
        ComputedPeriod.objects.filter(contract=contract, kind=kind).update(outdated=True)


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
        unique_fields=["contract", "kind", "period_first", "period_last"],
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
    rows = ComputedPeriod.objects.filter(Exists(stated), kind=STATEMENTS, outdated=True)
    if contracts is not None:
        rows = rows.filter(contract__in=contracts)
    return by_contract(rows)


def outdated_reports(
    kind: str, before: date, contracts: Iterable[int] | None = None
) -> dict[int, list[Period]]:
    """Return by contract the periods before a day whose reports are to be looked at again.

    Also those that nobody has noted: they were there before anything was, or came by a file.
    """
    seen = ComputedPeriod.objects.filter(
        contract=OuterRef("contract"),
        kind=kind,
        period_first=OuterRef("period_first"),
        period_last=OuterRef("period_last"),
        outdated=False,
    )
    rows = Report.objects.filter(~Exists(seen), kind=kind, period_last__lt=before)
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


def contracts_to_look_at(
    kind: str,
    period: Period,
    outdated: Mapping[int, Collection[Period]],
    due: Callable[[Sequence[Contract]], list[Contract]],
) -> list[Contract]:
    """Return the contracts that a run for a period has to look at, by number.

    Of those that nobody has looked at as they are now, or of which something is `outdated`, the
    ones for which the run is `due`. Of the others is noted that it is not.
    """
    unlooked = set(_unlooked_at(kind, period).values_list("pk", flat=True))
    keys = unlooked | outdated.keys()
    if not keys:
        return []
    with transaction.atomic():
        lock_contracts(keys)
        among = Contract.objects.concluded().filter(pk__in=keys).order_by("number")
        contracts = due(list(among))
        # What was computed for these very days stays outdated until somebody computes it again.
        made = {key for key, periods in outdated.items() if period in periods}
        others = unlooked - {contract.pk for contract in contracts} - made
        note_computed(computed(key, period, kind=kind, due=False) for key in sorted(others))
    return contracts


def _unlooked_at(kind: str, period: Period) -> QuerySet[Contract]:
    """Return the concluded contracts that nobody has looked at for a period as they are now."""
    seen = ComputedPeriod.objects.filter(
        contract=OuterRef("pk"),
        kind=kind,
        period_first=period.first,
        period_last=period.last,
        outdated=False,
        instead__isnull=False,
    )
    return Contract.objects.concluded().filter(~Exists(seen))


def looked_at(kind: str, period: Period) -> QuerySet[ComputedPeriod]:
    """Return what was noted of contracts for which a run for a period is due, and stands."""
    return ComputedPeriod.objects.filter(
        kind=kind,
        period_first=period.first,
        period_last=period.last,
        due=True,
        outdated=False,
        instead__isnull=False,
    )


def is_outdated(made: Statement | Report) -> bool:
    """Whether something was written, since this was computed, on days it rests on."""
    kind = made.kind if isinstance(made, Report) else STATEMENTS
    computed = ComputedPeriod.objects.filter(
        contract=made.contract_id,
        kind=kind,
        period_first=made.period_first,
        period_last=made.period_last,
    ).first()
    if computed is None or computed.outdated:
        return computed is not None
    marks = ChangeMark.objects.filter(
        contract=made.contract_id, first__lte=made.period_last, last__gte=computed.reads_from
    )
    return (marks.filter(reports_only=False) if kind == STATEMENTS else marks).exists()


def computed(
    contract: int,
    period: Period,
    reads_from: date | None = None,
    *,
    kind: str = STATEMENTS,
    due: bool,
    instead: Sequence[Period] | None = (),
) -> ComputedPeriod:
    """Return the row, not stored yet, that says that a period was computed.

    `due` as runs for the period have it (`jobs.statements.due`): they tell of all others, and of
    these alone; `instead` as `ComputedPeriod` has it.
    """
    return ComputedPeriod(
        contract_id=contract,
        kind=kind,
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
