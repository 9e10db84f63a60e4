"""Which cases use an edition: a panel on pages of catalogue and contract editions."""

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.utils import timezone

from cms.models import CatalogueEdition
from contracts.models import ContractEdition
from forms.models import Case, CasePlacement

MOST_NAMED = 30


def cases_placed_in(request: HttpRequest, edition: CatalogueEdition) -> dict:
    """Return the visible open cases whose placement in force today is in an edition."""
    today = timezone.localdate()
    newest = CasePlacement.objects.filter(case=OuterRef("pk"), valid_from__lte=today)
    cases = (
        _open_cases(request)
        .annotate(
            placed_in=Subquery(newest.order_by("-valid_from").values("catalogue_edition")[:1])
        )
        .filter(placed_in=edition.pk)
    )
    return _shown(cases)


def cases_of_contract(request: HttpRequest, edition: ContractEdition) -> dict:
    """Return the visible open cases of the edition's contract: money follows it day by day."""
    return _shown(_open_cases(request).filter(contract=edition.contract_id))


def _open_cases(request: HttpRequest):
    return Case.objects.visible_to(request.user).filter(closed_on=None)


def _shown(cases) -> dict:
    by_contract = (
        cases.order_by("contract__number")
        .values_list("contract__number", "contract__title")
        .annotate(cases=Count("pk"))
    )
    counts = list(by_contract)
    total = sum(count for _number, _title, count in counts)
    named = list(cases.order_by("number").values_list("pk", "number")[:MOST_NAMED])
    return {
        "counts": counts,
        "total": total,
        "named": named,
        "more": total - len(named),
    }
