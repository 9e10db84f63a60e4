"""What a contract obliges to, and for how long: its editions and notices, read for the date rules.

Amendments, notices and terminations are taken as they are known now, whatever day is asked for:
late knowledge changes the answer, and with it the next statement or report.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from contracts.content import AgreedCalendar, AgreedTerm
from contracts.duties import Cycle, Duty, Kind, due_date, period_end
from contracts.models import Contract, ContractEdition, Notice
from contracts.term import Term, ends_after_notice
from contracts.working_days import Calendar


class Agreed(BaseModel):
    """The part of a contract edition's content that dates and money depend on.

    `remuneration` is left as it is stored, for `contracts.billing.parse_terms`.
    """

    model_config = ConfigDict(frozen=True)

    term: AgreedTerm
    calendar: AgreedCalendar
    duties: tuple[Duty, ...] = ()
    remuneration: tuple[dict, ...] = ()

    @cached_property
    def working_days(self) -> Calendar:
        """The working days that are agreed on (D6)."""
        agreed = self.calendar
        return Calendar(
            state=agreed.state,
            extra_holidays=frozenset(agreed.holidays),
            working_days=frozenset(agreed.working_days),
            christmas_eve_off=agreed.christmas_eve_off,
            new_years_eve_off=agreed.new_years_eve_off,
        )

    @cached_property
    def lasting(self) -> Term:
        """The term that is agreed on. Raises ValueError where its values contradict each other."""
        return Term(**self.term.model_dump(exclude={"clause"}))


class AgreedEdition(NamedTuple):
    """What a contract edition agrees, with its number and its key in the database."""

    applies_from: date
    number: int
    agreed: Agreed
    pk: int


@dataclass(frozen=True)
class Obligations:
    """A contract's editions, by number, at least one; its notices; what follows from both."""

    editions: tuple[AgreedEdition, ...]
    notices: tuple[Notice, ...] = ()

    def edition_on(self, day: date) -> AgreedEdition:
        """The edition in force on a day; before the first applies, that one."""
        in_force = [edition for edition in self.editions if edition[0] <= day]
        return in_force[-1] if in_force else self.editions[0]

    def on(self, day: date) -> Agreed:
        """What is agreed on a day."""
        return self.edition_on(day)[2]

    @property
    def first(self) -> date:
        """The contract's first day."""
        return self.editions[0][2].term.begins

    @cached_property
    def last(self) -> date | None:
        """The contract's last day; None while nobody has ended a contract that goes on by itself.

        Ordinary notice follows the term in force on the day it was received.
        """
        ends = []
        newest = self.editions[-1].agreed.lasting
        if not newest.renews_months:
            ends.append(newest.first_ends)
        for notice in self.notices:
            term = self.on(notice.received_on).lasting
            ends.append(notice.ends_on or ends_after_notice(term, notice.received_on))
        return min((day for day in ends if day is not None), default=None)

    def cut(self, day: date) -> date:
        """The day itself, or the contract's last day where that comes earlier."""
        return day if self.last is None else min(day, self.last)

    def duty(self, kind: Kind, on: date) -> Duty | None:
        """The first duty of that kind agreed on a day."""
        return next((duty for duty in self.on(on).duties if duty.kind == kind), None)

    def due_on(self, kind: Kind, reference: date) -> date | None:
        """When the duty of a kind is due for the period that ends on the reference date.

        A contract that ends before has its last day as reference date (D18). None where no such
        duty is agreed, or its periods do not end on that day.
        """
        reference = self.cut(reference)
        duty = self.duty(kind, reference)
        if duty is None or reference not in (period_end(duty.cycle, reference), self.last):
            return None
        return due_date(duty, reference, self.on(reference).working_days)[0]


_read: dict[str, Agreed] = {}
"""What was read of editions, by seal: an edition never changes, and most pages read them all."""
MOST_READ = 10_000


def obligations_of(contracts: Iterable[Contract]) -> dict[int, Obligations]:
    """Return the obligations of concluded contracts by key, with at most three queries for all."""
    keys = [contract.pk for contract in contracts]
    rows = ContractEdition.objects.filter(contract__in=keys).order_by("contract", "number")
    found = list(rows.values_list("contract", "applies_from", "number", "pk", "seal"))
    agreed = _agreed({seal: pk for *_named, pk, seal in found})
    editions: dict[int, list[AgreedEdition]] = {}
    for contract, applies_from, number, pk, seal in found:
        edition = AgreedEdition(applies_from, number, agreed[seal], pk)
        editions.setdefault(contract, []).append(edition)
    notices: dict[int, list] = {}
    for notice in Notice.objects.filter(contract__in=keys).order_by("received_on", "pk"):
        notices.setdefault(notice.contract_id, []).append(notice)
    return {
        key: Obligations(tuple(found), tuple(notices.get(key, ())))
        for key, found in editions.items()
    }


def _agreed(editions: dict[str, int]) -> dict[str, Agreed]:
    """What editions, given as seal and key, agree on; read from the database once."""
    agreed = {seal: _read[seal] for seal in editions if seal in _read}
    missing = [pk for seal, pk in editions.items() if seal not in agreed]
    if missing:
        # Only these parts of the content: the clauses of four hundred contracts are megabytes.
        parts = [f"content__{name}" for name in Agreed.model_fields]
        rows = ContractEdition.objects.filter(pk__in=missing).order_by("pk")
        for seal, *found in rows.values_list("seal", *parts):
            values = dict(zip(Agreed.model_fields, found, strict=True))
            agreed[seal] = Agreed.model_validate(values)
        if len(_read) > MOST_READ:
            _read.clear()
        _read.update(agreed)
    return agreed


def obligations(contract: Contract) -> Obligations:
    """Return the obligations of one contract. Raises LookupError when it is not concluded."""
    found = obligations_of([contract])
    if contract.pk not in found:
        raise LookupError(f"contract {contract.number} is not concluded")
    return found[contract.pk]


def contract_period(contract: Contract) -> tuple[date, date | None]:
    """Return the contract's first and last day; the last is None while no end is known.

    Fixed ends, notices and immediate termination count (A1-50); a contract that is renewed until
    somebody gives notice has no known end. Raises LookupError when it is not concluded.
    """
    found = obligations(contract)
    return found.first, found.last


def due_on(contract: Contract, kind: Kind, reference_date: date) -> date | None:
    """Return when a statement or report on the period ending on that day is due, if it is at all.

    The duty, calendar and rule are those in force on the reference date (D5, D6, C4).
    """
    return obligations(contract).due_on(kind, reference_date)


def billing_cycle(contract: Contract, on: date) -> Cycle | None:
    """Return the cycle in which the contract is billed: that of its statement duty on a day."""
    duty = obligations(contract).duty("statement", on)
    return duty.cycle if duty else None


def cycles_of(contracts: Sequence[Contract], kind: Kind, on: date) -> dict[int, Cycle]:
    """Return by key the cycle of each contract's duty of a kind on a day, where it has one."""
    found = obligations_of(contracts)
    duties = {key: each.duty(kind, each.cut(on)) for key, each in found.items()}
    return {key: duty.cycle for key, duty in duties.items() if duty}
