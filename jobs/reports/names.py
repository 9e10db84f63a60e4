"""Codes and titles of need groups and modules, as a contract's catalogues have them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from cms.models import CatalogueEdition, EditionModule, EditionNeedGroup
from contracts.annexes import editions_of
from contracts.models import ContractEdition


@dataclass(frozen=True)
class Names:
    """What a contract's report calls things, and in which order it lists them.

    `known` says for "need_group" and "module": (catalogue, key) → code and title, in the order of
    the catalogues; `listed` are those a report names even when nothing happened in them.
    """

    known: Mapping[str, Mapping[tuple, tuple[str, str]]]
    listed: Mapping[str, frozenset]

    def in_order(self, what: str, found: Mapping, empty: type) -> dict:
        """Return (catalogue, key) → its names and what was found, in the catalogues' order.

        Things the catalogues do not name come last: without a code where there is no key either
        (cases not placed, work in no module).
        """
        known, listed = self.known[what], self.listed[what]
        keys = [key for key in known if key in listed or key in found]
        keys += sorted((key for key in found if key not in known), key=lambda key: key[1])
        return {key: (self._name(known, key), found.get(key) or empty()) for key in keys}

    @staticmethod
    def _name(known, key) -> dict:
        # Work for a case that is not placed still has a module of one of the catalogues.
        alike = (names for (_catalogue, own), names in known.items() if own == key[1])
        code, title = known.get(key) or next(alike, (key[1], ""))
        return {"key": key[1], "code": code, "title": title}


def read_names(
    days: Mapping[int, date], editions: Mapping[int, int], pinned: Iterable[tuple[int, int]]
) -> dict[int, Names]:
    """Return the names for each contract's report.

    `days` are the reference days by contract, `editions` the number of the contract edition in
    force on them, `pinned` pairs of contract and a catalogue edition that its cases are placed in.
    A catalogue annexed on the day goes before one that only cases still point to.
    """
    annexed = _annexed(days, editions)
    placed: dict[int, set[int]] = {}
    for contract, edition in pinned:
        placed.setdefault(contract, set()).add(edition)
    used = set().union(*annexed.values(), *placed.values())
    catalogues = _Catalogues(used)
    return {
        contract: catalogues.names(annexed.get(contract, set()), placed.get(contract, set()))
        for contract in days
    }


def _annexed(days, editions) -> dict[int, set[int]]:
    rows = ContractEdition.objects.filter(contract__in=list(days)).order_by()
    in_force = {
        pk: contract
        for pk, contract, number in rows.values_list("pk", "contract", "number")
        if number == editions[contract]
    }
    found = editions_of({pk: days[contract] for pk, contract in in_force.items()})
    return {in_force[pk]: catalogues for pk, catalogues in found.items()}


class _Catalogues:
    """The need groups and modules of some catalogue editions."""

    def __init__(self, editions: set[int]):
        chosen = CatalogueEdition.objects.filter(pk__in=editions).order_by("pk")
        self.editions = {
            key: (catalogue, name, number)
            for key, catalogue, name, number in chosen.values_list(
                "pk", "catalogue", "catalogue__key", "number"
            )
        }
        self.rows = {
            "need_group": self._rows(EditionNeedGroup),
            "module": self._rows(EditionModule),
        }
        not_booked = EditionModule.objects.filter(edition__in=editions, bookable=False)
        self.not_booked = set(not_booked.order_by("pk").values_list("edition", "key"))
        self.kept: dict[tuple, Names] = {}

    def _rows(self, model) -> dict[int, list[tuple]]:
        chosen = model.objects.filter(edition__in=list(self.editions))
        found: dict[int, list[tuple]] = {}
        for edition, *names in chosen.order_by("edition", "position").values_list(
            "edition", "key", "code", "title"
        ):
            found.setdefault(edition, []).append(tuple(names))
        return found

    def names(self, annexed: set[int], placed: set[int]) -> Names:
        """Return the names from these editions; contracts that share them share the answer."""
        chosen = (frozenset(annexed), frozenset(placed - annexed))
        if chosen not in self.kept:
            self.kept[chosen] = Names(
                known={what: self._known(what, *chosen) for what in self.rows},
                listed={what: frozenset(self._listed(what, annexed)) for what in self.rows},
            )
        return self.kept[chosen]

    def _known(self, what: str, *ranked: Iterable[int]) -> dict[tuple, tuple[str, str]]:
        """Names by (catalogue, key): catalogues by name, newer editions first within a rank."""
        order = []
        for rank, editions in enumerate(ranked):
            for edition in editions:
                catalogue, name, number = self.editions[edition]
                order.append((name, rank, -number, catalogue, edition))
        known: dict[tuple, tuple[str, str]] = {}
        for _name, _rank, _number, catalogue, edition in sorted(order):
            for key, code, title in self.rows[what].get(edition, ()):
                known.setdefault((catalogue, key), (code, title))
        return known

    def _listed(self, what: str, annexed: set[int]) -> Iterator[tuple]:
        for edition in annexed:
            catalogue = self.editions[edition][0]
            for key, _code, _title in self.rows[what].get(edition, ()):
                if what == "need_group" or (edition, key) not in self.not_booked:
                    yield catalogue, key
