"""Which cases use an edition: a panel on pages of catalogue and contract editions."""

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone

from cms.models import CatalogueEdition
from contracts.models import Contract, ContractEdition
from forms.models import Case

MOST_NAMED = 30


def cases_placed_in(request: HttpRequest, edition: CatalogueEdition) -> dict:
    """Return the visible open cases whose placement in force today is in an edition."""
    cases = _open_cases(request).placed_in_edition(edition, timezone.localdate())
    return _shown(cases)


def cases_of_contract(request: HttpRequest, edition: ContractEdition) -> dict:
    """Return the visible open cases of the edition's contract: money follows it day by day."""
    return _shown(_open_cases(request).filter(contract=edition.contract_id))


def _open_cases(request: HttpRequest):
    return Case.objects.visible_to(request.user).running_on(timezone.localdate())


def _shown(cases) -> dict:
    # Counted before contracts are named: else each case would drag its contract's title along.
    by_contract = dict(cases.order_by().values_list("contract").annotate(Count("pk")))
    contracts = Contract.objects.filter(pk__in=by_contract).order_by("number")
    counts = [
        (number, title, by_contract[pk])
        for pk, number, title in contracts.values_list("pk", "number", "title")
    ]
    total = sum(count for _number, _title, count in counts)
    named = list(cases.order_by("number").values_list("pk", "number")[:MOST_NAMED])
    return {
        "counts": counts[:MOST_NAMED],
        "more_counts": max(len(counts) - MOST_NAMED, 0),
        "total": total,
        "named": named,
        "more": total - len(named),
    }
