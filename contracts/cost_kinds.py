"""Kinds of cost: which of them a contract's remuneration names."""

from collections.abc import Iterable

from contracts.models import Contract, PayrollLine
from contracts.models.contract import EditionTerms


def cost_kinds_of(contract: Contract) -> list[str]:
    """Return the kinds of cost that the contract's editions reimburse or its lines have."""
    return sorted(cost_kinds_by_contract([contract.pk])[contract.pk])


def cost_kinds_by_contract(contracts: Iterable[int]) -> dict[int, set[str]]:
    """Return `cost_kinds_of` each of the contracts, given by key, with two queries for all."""
    found = agreed_cost_kinds(contracts)
    lines = PayrollLine.objects.filter(contract__in=found).order_by()
    for contract, kind in lines.values_list("contract", "cost_kind").distinct():
        found[contract].add(kind)
    return found


def agreed_cost_kinds(contracts: Iterable[int]) -> dict[int, set[str]]:
    """Return the kinds that an edition of each contract, given by key, reimburses or once did."""
    found: dict[int, set[str]] = {contract: set() for contract in contracts}
    terms = EditionTerms.objects.filter(edition__contract__in=found, model="cost_reimbursement")
    for contract, settings in terms.values_list("edition__contract", "settings"):
        for component in settings["components"]:
            found[contract].update(component.get("cost_kinds", ()))
    return found


def reimbursing(contracts):
    """Return those of the contracts that reimburse costs in one of their editions."""
    return contracts.filter(editions__terms_rows__model="cost_reimbursement").distinct()
