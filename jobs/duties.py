"""Whether the duties of contracts are met, told to the contract calendar."""

from collections.abc import Collection, Iterable, Iterator

from django.urls import reverse

from contracts.billing import Period
from contracts.dates.calendar import EntryKind, Filed, register, register_meaning
from jobs.models import Report, Statement


def filed_statements(contracts: Collection[int], ended: Period) -> Iterator[Filed]:
    """Return the original statements on periods that ended then; issued ones are done."""
    rows = (
        Statement.objects.standing()
        .filter(contract__in=contracts, sequence=0, period_last__range=(ended.first, ended.last))
        .order_by("pk")
    )
    for pk, contract, first, last, status in rows.values_list(
        "pk", "contract", "period_first", "period_last", "status"
    ):
        done = status == Statement.Status.ISSUED
        yield Filed(contract, Period(first, last), done, reverse("statement", args=[pk]))


def filed_reports(contracts: Collection[int], ended: Period) -> Iterator[Filed]:
    """Return the reports on periods that ended then; done once an assessment is submitted."""
    rows = Report.objects.filter(
        contract__in=contracts, period_last__range=(ended.first, ended.last)
    )
    for report in rows.with_state().order_by("pk"):
        done = report.state != Report.State.OPEN
        yield Filed(report.contract_id, report.period, done, report.get_absolute_url())


def filed_proofs(statements: Iterable[Filed]) -> Iterator[Filed]:
    """Return what proves the use of funds: the statements of the year, all of them issued.

    It says the same total as they do (A1-48), so that there is nothing else to hand in.
    """
    years: dict[tuple[int, int], list[Filed]] = {}
    for each in statements:
        years.setdefault((each.contract, each.period.last.year), []).append(each)
    for (contract, _year), found in years.items():
        whole = Period(
            min(each.period.first for each in found), max(each.period.last for each in found)
        )
        done = all(each.done for each in found)
        waiting = next((each for each in found if not each.done), found[-1])
        yield Filed(contract, whole, done, waiting.url)


register(EntryKind.STATEMENT, filed_statements)
register(EntryKind.REPORT, filed_reports)
register_meaning(EntryKind.PROOF_OF_USE, EntryKind.STATEMENT, filed_proofs)
