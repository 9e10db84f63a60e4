"""Kinds of cost: which of them a contract's remuneration names."""

from contracts.models import Contract, PayrollLine
from contracts.models.contract import EditionTerms


def cost_kinds_of(contract: Contract) -> list[str]:
    """Return the kinds of cost that the contract's editions reimburse or its lines have."""
    named = set(PayrollLine.objects.filter(contract=contract).values_list("cost_kind", flat=True))
    terms = EditionTerms.objects.filter(edition__contract=contract, model="cost_reimbursement")
    for settings in terms.values_list("settings", flat=True):
        for component in settings["components"]:
            named.update(component.get("cost_kinds", ()))
    return sorted(named)


def reimbursing(contracts):
    """Return those of the contracts that reimburse costs in one of their editions."""
    return contracts.filter(editions__terms_rows__model="cost_reimbursement").distinct()
