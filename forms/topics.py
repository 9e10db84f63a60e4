"""Which kinds of help the service descriptions of contracts offer, for records to name one."""

from collections.abc import Collection, Iterable
from datetime import date
from functools import cached_property

from cms.models import DescriptionEdition
from contracts.annexes import Named, named_by
from contracts.models import ContractEdition


class Topics:
    """The kinds of help of some contracts, given by key; looked up once for all, when asked for."""

    def __init__(self, contracts: Iterable[int]):
        self.contracts = set(contracts)

    @cached_property
    def _editions(self) -> dict[int, list[tuple[date, int]]]:
        """From when which edition of a contract applies, the newest first."""
        found: dict[int, list[tuple[date, int]]] = {}
        rows = ContractEdition.objects.filter(contract__in=self.contracts).order_by("-number")
        for contract, *applies in rows.values_list("contract", "applies_from", "pk"):
            found.setdefault(contract, []).append(tuple(applies))
        return found

    @cached_property
    def _named(self) -> dict[int, list[Named]]:
        editions = [pk for rows in self._editions.values() for _day, pk in rows]
        return named_by(editions, "description") if editions else {}

    @cached_property
    def _said(self) -> dict[int, dict[str, str]]:
        """Labels by key, of each edition of a description, the oldest first."""
        keys = {each.edition for named in self._named.values() for each in named}
        rows = DescriptionEdition.objects.filter(pk__in=keys).order_by("number", "pk")
        return {
            pk: {topic["key"]: topic["label"] for topic in topics or ()}
            for pk, topics in rows.values_list("pk", "content__topics")
        }

    def on(self, contract: int, day: date) -> dict[str, str]:
        """Return what a contract offers on a day: labels by key, in their order.

        Before its first edition applies, as records read it, that one.
        """
        editions = self._editions.get(contract)
        if not editions:
            return {}
        in_force = next((pk for first, pk in editions if first <= day), editions[-1][1])
        named = self._named.get(in_force, ())
        return self._labels({each.edition for each in named if each.holds(day)})

    def ever(self, contract: int) -> dict[str, str]:
        """Return what a contract offers at any time, the newest labels."""
        editions = (pk for _day, pk in self._editions.get(contract, ()))
        named = (each for pk in editions for each in self._named.get(pk, ()))
        return self._labels({each.edition for each in named})

    def _labels(self, editions: Collection[int]) -> dict[str, str]:
        found: dict[str, str] = {}
        for pk, labels in self._said.items():
            if pk in editions:
                found |= labels
        return found
