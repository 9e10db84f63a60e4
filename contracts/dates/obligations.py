"""What a contract obliges to, and for how long: its editions and notices, read for the date rules.

Amendments, notices and terminations are taken as they are known now, whatever day is asked for:
late knowledge changes the answer, and with it the next statement or report.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple, get_args

from pydantic import BaseModel, ConfigDict

from contracts.billing import Period
from contracts.content import AgreedCalendar, AgreedTerm
from contracts.dates.duties import (
    MONTHS_PER_CYCLE,
    Cycle,
    Duty,
    DutyKind,
    due_date,
    period_end,
    period_start,
)
from contracts.dates.term import Term, ends_after_notice
from contracts.dates.working_days import Calendar
from contracts.models import Contract, ContractEdition, Notice

ONE_DAY = timedelta(days=1)
LONGEST_MONTH = 31
WITHOUT_DUTY: Cycle = "month"
"""How a contract is billed that agrees on no rhythm for it."""


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
        return self.calendar.working_calendar

    @cached_property
    def lasting(self) -> Term:
        """The term that is agreed on. Raises ValueError where its values contradict each other."""
        return self.term.lasting


class AgreedEdition(NamedTuple):
    """What a contract edition agrees, with its number and its key in the database."""

    applies_from: date
    number: int
    agreed: Agreed
    pk: int


class Stretch(NamedTuple):
    """Days on which a rhythm is agreed without a break, whatever editions say so.

    `first` is None where it begins with the contract, `last` where it lasts until its end.
    """

    cycle: Cycle
    first: date | None
    last: date | None


class Owed(NamedTuple):
    """A period of a rhythm: a calendar period, cut to the stretch in which the rhythm is agreed.

    It is not cut to the contract's own first and last day. `shortened` says that another rhythm
    ended it before its calendar period.
    """

    cycle: Cycle
    period: Period
    shortened: bool


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

    @cached_property
    def reminded_ahead(self) -> timedelta:
        """How far away a reminder can be from the day it is about, at most."""
        duties = (duty for edition in self.editions for duty in edition.agreed.duties)
        terms = [edition.agreed.term for edition in self.editions]
        # Both months of a reminder that is moved to a month's end may be long ones.
        notices = ((term.remind_notice_months + 1) * LONGEST_MONTH for term in terms)
        ends = (term.remind_end_days for term in terms)
        days = (*ends, *notices, *(duty.remind_days for duty in duties))
        return timedelta(days=max(days))

    def cut(self, day: date) -> date:
        """The day itself, or the contract's last day where that comes earlier."""
        return day if self.last is None else min(day, self.last)

    def duties(self, kind: DutyKind, on: date) -> list[Duty]:
        """The duties of that kind agreed on a day."""
        return [duty for duty in self.on(on).duties if duty.kind == kind]

    def due_on(self, kind: DutyKind, reference: date, first: date | None = None) -> date | None:
        """When a duty of a kind is due for the period that ends on the reference date.

        `first` is the period's first day; without it, the shortest rhythm with a period that ends
        then is meant. A contract that ends before has its last day as reference date (D18). None
        where no such duty is agreed, or none of its periods is this one. Of several duties with
        the same rhythm the earliest day counts.
        """
        day = self.cut(reference)
        found = [
            owed
            for owed in self._running(kind, day)
            if day in (owed.period.last, self.last)
            and (first is None or max(first, self.first) == max(owed.period.first, self.first))
        ]
        if not found:
            return None
        cycle = min((owed.cycle for owed in found), key=MONTHS_PER_CYCLE.__getitem__)
        days = [
            due_date(duty, day, self.on(day).working_days)[0]
            for duty in self.duties(kind, day)
            if duty.cycle == cycle
        ]
        return min(days, default=None)

    def stretches(self, kind: DutyKind) -> tuple[Stretch, ...]:
        """The stretches of every rhythm in which duties of a kind are agreed."""
        return self._stretches[kind]

    @cached_property
    def _stretches(self) -> dict[str, tuple[Stretch, ...]]:
        return {kind: self._joined(_cycles(kind)) for kind in KINDS}

    @cached_property
    def billed(self) -> tuple[Stretch, ...]:
        """The stretches in which the contract is billed, without gap and without overlap.

        Of several rhythms for statements the shortest counts: a day is billed once.
        """

        def shortest(agreed: Agreed) -> frozenset[Cycle | None]:
            cycles = _cycles("statement")(agreed)
            return frozenset([min(cycles, key=MONTHS_PER_CYCLE.__getitem__, default=None)])

        return tuple(
            stretch._replace(cycle=stretch.cycle or WITHOUT_DUTY)
            for stretch in self._joined(shortest)
        )

    def owed(self, kind: DutyKind, ended: Period) -> Iterator[Owed]:
        """The periods of every rhythm of a kind of duty that end on these days."""
        for stretch in self.stretches(kind):
            yield from self._periods(stretch, ended)

    def to_report(self, run: Period) -> list[Period]:
        """The periods to report on in a run, see `to_bill`."""
        return _of_run(self.owed("report", run), run)

    def reports_in(self, period: Period) -> bool:
        """Whether a report is agreed on the period's last day in force."""
        part = period.cut(self.first, self.last)
        return part is not None and bool(self.duties("report", part.last))

    def to_bill(self, run: Period) -> list[Period]:
        """The periods to bill in the run for a month, quarter, half or year.

        Those of this rhythm that end in it. What another rhythm ended early is due soon: the run
        of the month in which it ends has it too, and one statement comes out of both.
        """
        periods = (owed for stretch in self.billed for owed in self._periods(stretch, run))
        return _of_run(periods, run)

    def _running(self, kind: DutyKind, day: date) -> Iterator[Owed]:
        """The periods of a kind of duty in which a day lies."""
        # What is billed may end where a shorter rhythm begins beside one that goes on.
        billed = self.billed if kind == "statement" else ()
        for stretch in dict.fromkeys((*self.stretches(kind), *billed)):
            owed = _owed(stretch, day)
            if owed and owed.period.contains(day):
                yield owed

    def _periods(self, stretch: Stretch, ended: Period) -> Iterator[Owed]:
        """The periods of a stretch that end on these days and touch the contract."""
        day = ended.first
        while day <= ended.last:
            owed = _owed(stretch, day)
            # Its own end may lie before these days, or after them.
            if owed and ended.contains(owed.period.last) and owed.period.cut(self.first, self.last):
                yield owed
            day = period_end(stretch.cycle, day) + ONE_DAY

    def _joined(self, cycles_of: Callable[[Agreed], frozenset[Cycle]]) -> tuple[Stretch, ...]:
        """The stretches of each rhythm; editions that agree on the same one are joined."""
        changes = sorted(
            {
                edition.applies_from
                for edition in self.editions
                if self.first < edition.applies_from
                and (self.last is None or edition.applies_from <= self.last)
            }
        )
        begun: dict[Cycle, date | None] = dict.fromkeys(cycles_of(self.on(self.first)))
        found = []
        for day in changes:
            now = cycles_of(self.on(day))
            ended = [cycle for cycle in begun if cycle not in now]
            found += [Stretch(cycle, begun.pop(cycle), day - ONE_DAY) for cycle in ended]
            begun |= {cycle: day for cycle in sorted(now) if cycle not in begun}
        return (*found, *(Stretch(cycle, first, None) for cycle, first in begun.items()))


KINDS: tuple[DutyKind, ...] = get_args(DutyKind)


def _cycles(kind: DutyKind) -> Callable[[Agreed], frozenset[Cycle]]:
    """What tells the rhythms in which duties of a kind are agreed."""
    return lambda agreed: frozenset(duty.cycle for duty in agreed.duties if duty.kind == kind)


def _owed(stretch: Stretch, day: date) -> Owed | None:
    """The stretch's part of the calendar period in which a day lies; None where it has none."""
    whole = Period(period_start(stretch.cycle, day), period_end(stretch.cycle, day))
    part = whole.cut(stretch.first, stretch.last)
    return part and Owed(stretch.cycle, part, part.last != whole.last)


def _of_run(periods: Iterable[Owed], run: Period) -> list[Period]:
    return sorted(
        {
            owed.period
            for owed in periods
            if owed.cycle == run.cycle or (owed.shortened and run.cycle == "month")
        }
    )


_read: dict[str, Agreed] = {}
"""What was read of editions, by seal: an edition never changes, and most pages read them all."""
MOST_READ = 10_000


def obligations_of(
    contracts: Iterable[Contract], *, known_on: date | None = None
) -> dict[int, Obligations]:
    """Return the obligations of concluded contracts by key, with at most three queries for all.

    With `known_on`, of the notices only those count that had been received by that day.
    """
    keys = [contract.pk for contract in contracts]
    rows = ContractEdition.objects.filter(contract__in=keys).order_by("contract", "number")
    found = list(rows.values_list("contract", "applies_from", "number", "pk", "seal"))
    agreed = _agreed({seal: pk for *_named, pk, seal in found})
    editions: dict[int, list[AgreedEdition]] = {}
    for contract, applies_from, number, pk, seal in found:
        edition = AgreedEdition(applies_from, number, agreed[seal], pk)
        editions.setdefault(contract, []).append(edition)
    notices: dict[int, list] = {}
    given = Notice.objects.standing().filter(contract__in=keys).order_by("received_on", "pk")
    if known_on is not None:
        given = given.filter(received_on__lte=known_on)
    for notice in given:
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


def due_on(contract: Contract, kind: DutyKind, reference_date: date) -> date | None:
    """Return when a statement or report on the period ending on that day is due, if it is at all.

    The duty, calendar and rule are those in force on the reference date (D5, D6, C4).
    """
    return obligations(contract).due_on(kind, reference_date)
