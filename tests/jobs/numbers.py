"""A job that is little work, to see what runs do with it."""

from contracts.models import Contract
from jobs.registry import Job, Skipped
from tests.factories import make_organisation


class Numbers:
    """A job that writes something for each contract; what happens to some can be told it."""

    def __init__(self):
        self.trouble = {}
        self.worked = []

    def job(self, **values) -> Job:
        """Return it as one that can be registered."""
        made = {"name": "numbers", "label": "Numbers", "kind": "reports", **values}
        return Job(select=self.select, begin=self.begin, **made)

    def select(self, period, scope):
        found = Contract.objects.order_by("number")
        if scope:
            found = found.filter(number=scope)
            if not found:
                raise LookupError(f"no contract {scope}")
        return list(found)

    def begin(self, contracts, period):
        return lambda some: [self.work(contract, period) for contract in some]

    def work(self, contract, period):
        make_organisation(f"made-{contract.number.lower()}")
        if contract.number in self.trouble:
            return self.trouble[contract.number](contract)
        self.worked.append(contract.number)
        return {"contract": contract.number, "period": str(period), "changed": True}


def fail(contract):
    raise ValueError(f"{contract.number} is odd\nand more")


def skip(contract):
    raise Skipped("not yet")
