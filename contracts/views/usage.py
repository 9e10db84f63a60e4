"""Which contracts use a catalogue or description edition: a panel on the edition's page."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from base.editions import Edition
from cms.models import CatalogueEdition
from contracts.annexes import editions_of, naming
from contracts.models import Contract, ContractEdition
from contracts.models.contract import EditionAnnex

NAMED = tuple(f"edition__{name}" for name in ("number", "contract__number", "contract__title")) + (
    "edition__contract__provider__name",
)
"""What is said of contracts; the rest of them, and of their editions, is megabytes."""


MOST_SHOWN = 50
"""Contracts shown at once; the list of contracts has all of them."""


def contracts_using(request: HttpRequest, edition: Edition) -> dict:
    """Return the visible contracts whose edition in force annexes an edition, with its days.

    Where the edition in force annexes it no more, the newest contract edition that did counts.
    Those of which it is part today come first.
    """
    kind = "catalogue" if isinstance(edition, CatalogueEdition) else "description"
    annexes = (
        EditionAnnex.objects.visible_to(request.user)
        .filter(naming(edition))
        .joined("edition__contract__provider")
        .only("key", "valid_from", "valid_until", *NAMED)
        .order_by("edition__contract__number", "-edition__number", "pk")
    )
    newest: dict[int, EditionAnnex] = {}
    for annex in annexes:
        newest.setdefault(annex.edition.contract_id, annex)
    today = timezone.localdate()
    in_force = _in_force(newest, today)
    part = editions_of(dict.fromkeys(in_force.values(), today), kind)
    rows = [
        (annex.edition.contract, annex, edition.pk in part.get(in_force.get(key), ()))
        for key, annex in newest.items()
    ]
    rows.sort(key=lambda row: not row[-1])
    service = urlencode({"service": f"{kind}:{getattr(edition, kind).key}"})
    return {
        "rows": rows[:MOST_SHOWN],
        "more": max(len(rows) - MOST_SHOWN, 0),
        "all_url": f"{reverse('contracts')}?{service}",
    }


def _in_force(contracts, today) -> dict[int, int]:
    """Return by contract the key of its edition in force."""
    found: dict[int, int] = {}
    editions = ContractEdition.objects.filter(contract__in=list(contracts), applies_from__lte=today)
    for contract, pk in editions.order_by("number").values_list("contract", "pk"):
        found[contract] = pk
    return found


def found(user, query: str, most: int) -> list[Contract]:
    """Return visible concluded contracts whose number, title or provider holds the query."""
    rows = Contract.objects.visible_to(user).filter(editions__number=1).select_related("provider")
    matches = rows.filter(number__icontains=query) | rows.filter(title__icontains=query)
    matches |= rows.filter(provider__name__icontains=query)
    return list(matches.distinct().order_by("number")[:most])
