"""The contract calendar: what a contract's parties owe on which day, and by when to give notice.

Duties and notice follow from contract editions (`contracts.dates.obligations`). Whether a duty is
met follows from what later apps make: statements, reports. They say so through `register`; nobody
is reminded of what is done.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.billing import Period
from contracts.dates.duties import Cycle, DueRule, Duty, periods_between
from contracts.dates.obligations import Obligations, Stretch, obligations_of
from contracts.dates.term import Renewal, renewals, warn_from
from contracts.dates.working_days import Calendar
from contracts.models import Contract

ONE_DAY = timedelta(days=1)
LONGEST_WAY = timedelta(days=731)
"""No duty is due later than this after its period: a fixed day of the following year."""


class EntryKind(models.TextChoices):
    """What an entry of the calendar is about."""

    STATEMENT = "statement", _("Statement")
    REPORT = "report", _("Report")
    PROOF_OF_USE = "proof_of_use", _("Proof of use")
    NOTICE = "notice", _("Last day for notice")
    END = "end", _("Contract ends")


@dataclass(frozen=True)
class Filed:
    """What there is for a duty: a statement or report on a period, and whether that meets it."""

    contract: int
    period: Period
    done: bool
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Due:
    """One entry of the calendar.

    `period` is what a duty refers to, or the renewal that a notice would prevent; `remind_from`
    the day from which people are reminded of it; `filed` what there is already.
    """

    contract: Contract
    day: date
    kind: EntryKind
    label: str = ""
    clause: str = ""
    period: Period | None = None
    remind_from: date
    filed: Filed | None = None

    @property
    def done(self) -> bool:
        """Whether nothing remains to be done about it."""
        return self.filed is not None and self.filed.done

    @property
    def is_duty(self) -> bool:
        """Whether somebody owes something on that day."""
        return self.kind not in (EntryKind.NOTICE, EntryKind.END)


Source = Callable[[Collection[int], Period], Iterable[Filed]]
"""Takes keys of contracts and a stretch of days; names what there is for periods ending in it."""

Meaning = Callable[[Iterable[Filed]], Iterable[Filed]]
"""Takes what there is of one kind, and names what that is of another."""

_sources: dict[str, Source] = {}
_meanings: dict[str, tuple[str, Meaning]] = {}

LOOK_BACK = timedelta(days=3 * 366)
"""How long ago what is overdue can have been due."""


def register(kind: EntryKind, source: Source) -> None:
    """Say where to find whether duties of a kind are met. One source for each kind."""
    if _sources.setdefault(kind, source) is not source:
        raise ValueError(f"{kind} has a source already")


def register_meaning(kind: EntryKind, of: EntryKind, meaning: Meaning) -> None:
    """Say what meets duties of a kind, where that follows from what meets those of another."""
    if _meanings.setdefault(kind, (of, meaning)) != (of, meaning):
        raise ValueError(f"{kind} has a meaning already")


def entries(
    contracts: Iterable[Contract], days: Period, obliged: Mapping[int, Obligations] | None = None
) -> list[Due]:
    """Return what these contracts have in the calendar on these days, by day.

    Who has their obligations by key already passes them. The number of queries does not depend on
    the number of contracts.
    """
    by_key = {contract.pk: contract for contract in contracts}
    obliged = obligations_of(by_key.values()) if obliged is None else obliged
    return _found(by_key, obliged, days, notices=days)


def reminders(contracts: Iterable[Contract], today: date, *, since: date) -> list[Due]:
    """Return what is to be done now: what is due soon, and what is overdue.

    Duties for periods that ended before `since` count only where something was made for them and
    waits: what was due before the installation began was done elsewhere.
    """
    by_key = {contract.pk: contract for contract in contracts}
    obliged = obligations_of(by_key.values())
    ahead = max((each.reminded_ahead for each in obliged.values()), default=timedelta())
    days = Period(today - LOOK_BACK, today + ahead)

    def waits(period: Period, filed: Filed | None, day: date) -> bool:
        """Whether it is open, and was due since the installation began or is still to come."""
        if filed is not None:
            return not filed.done
        return period.last < today and (period.last >= since or day >= today)

    return [
        due
        for due in _found(by_key, obliged, days, notices=Period(today, days.last), wanted=waits)
        if not due.done
        and due.remind_from <= today
        and (due.day >= today or (due.is_duty and (due.filed or due.period.last >= since)))
    ]


Wanted = Callable[[Period, Filed | None, date], bool]
"""Takes a duty's period, what there is for it, and the day it is due."""


def _found(
    by_key: dict[int, Contract],
    obliged: Mapping[int, Obligations],
    days: Period,
    *,
    notices: Period,
    wanted: Wanted = lambda *_any: True,
) -> list[Due]:
    filed = _filed(by_key.keys(), days)
    found = [
        due
        for key, obligations in obliged.items()
        for due in (
            *_duties(by_key[key], obligations, days, filed, wanted),
            *_notices(by_key[key], obligations, notices),
        )
    ]
    return sorted(found, key=lambda due: (due.day, due.contract.number, due.kind))


ByPeriod = dict[Period, Filed]


def _filed(keys: Collection[int], days: Period) -> dict[tuple[str, int], ByPeriod]:
    """What there is, by kind and contract; of several for the same period, one that is done."""
    found: dict[tuple[str, int], ByPeriod] = defaultdict(dict)
    ended = Period(days.first - LONGEST_WAY, days.last)
    there_is = {kind: list(source(keys, ended)) for kind, source in _sources.items()}
    for kind, (of, meaning) in _meanings.items():
        there_is[kind] = list(meaning(there_is.get(of, ())))
    for kind, each_of_it in there_is.items():
        for each in each_of_it:
            there = found[kind, each.contract]
            if each.done or each.period not in there:
                there[each.period] = each
    return found


def _covering(filed: ByPeriod, period: Period) -> Filed | None:
    """What there is for a period; of several, one that meets the duty."""
    exact = filed.get(period)
    if exact is not None and exact.done:
        return exact
    found = [
        each
        for each in filed.values()
        if each.period.first <= period.first and period.last <= each.period.last
    ]
    whole = max(found, key=lambda each: each.done, default=None)
    return whole or _in_parts(filed, period)


def _in_parts(filed: ByPeriod, period: Period) -> Filed | None:
    """What there is for a period in shorter ones that follow each other without a gap."""
    parts, day = [], period.first
    for each in sorted(filed.values(), key=lambda each: each.period):
        if each.period.contains(day):
            parts.append(each)
            day = each.period.last + ONE_DAY
    if day <= period.last:
        return None
    waiting = next((each for each in parts if not each.done), parts[-1])
    return Filed(waiting.contract, period, waiting.done, waiting.url)


def _duties(
    contract: Contract, obliged: Obligations, days: Period, filed: dict, wanted: Wanted
) -> Iterator[Due]:
    years = (days.first - LONGEST_WAY).year, days.last.year
    first, last = obliged.first, obliged.last
    for edition in obliged.editions:
        for duty, stretch in _agreed(edition.agreed.duties, obliged):
            there = filed.get((duty.kind, contract.pk), {})
            calendar = edition.agreed.working_days
            begins, ends = _common(stretch, first, last)
            for whole, day in _due_days(duty.due, duty.cycle, calendar, *years):
                # This runs with every page: most periods are far from these days, or outside.
                if whole.last < begins or whole.first > ends:
                    continue
                is_whole = begins <= whole.first and whole.last <= ends
                if is_whole and not days.first <= day <= days.last:
                    continue
                # Where another rhythm begins or ends inside a period, that is its end.
                asked = whole.cut(stretch.first, stretch.last)
                period = asked and asked.cut(first, last)
                if period is None:
                    continue
                if period.last != whole.last:
                    day = _due_day(duty.due, period.last, calendar)
                if not days.first <= day <= days.last:
                    continue
                if not there and not wanted(period, None, day):
                    continue  # the most of what is left, and quicker told than the edition
                if obliged.edition_on(period.last) is not edition:
                    continue
                if not there:
                    done = None
                elif duty.kind == EntryKind.REPORT:
                    done = there.get(asked) or there.get(period)
                else:
                    done = _covering(there, period)
                if not wanted(period, done, day):
                    continue
                yield Due(
                    contract=contract,
                    day=day,
                    kind=EntryKind(duty.kind),
                    label=duty.label,
                    clause=duty.clause,
                    period=period,
                    remind_from=max(day - timedelta(days=duty.remind_days), period.last + ONE_DAY),
                    filed=done,
                )


def _common(stretch: Stretch, first: date, last: date | None) -> tuple[date, date]:
    """Return from when to when stretch and contract both last: neither cuts what is inside."""
    begins = first if stretch.first is None else max(first, stretch.first)
    return begins, min(stretch.last or date.max, last or date.max)


def _agreed(duties: Iterable[Duty], obliged: Obligations) -> Iterator[tuple[Duty, Stretch]]:
    """Each duty with every stretch in which its rhythm is agreed."""
    for duty in duties:
        for stretch in obliged.stretches(duty.kind):
            if stretch.cycle == duty.cycle:
                yield duty, stretch


@lru_cache(maxsize=10_000)
def _due_days(
    rule: DueRule, cycle: Cycle, calendar: Calendar, first_year: int, last_year: int
) -> tuple[tuple[Period, date], ...]:
    """The periods of a cycle in these years, each with the day it is due.

    Most contracts have the same few rules.
    """
    years = date(first_year, 1, 1), date(last_year, 12, 31)
    periods = [Period(*each) for each in periods_between(cycle, *years)]
    return tuple((period, _due_day(rule, period.last, calendar)) for period in periods)


@lru_cache(maxsize=10_000)
def _due_day(rule: DueRule, reference: date, calendar: Calendar) -> date:
    """The day that a rule leads to."""
    return rule.steps(reference, calendar)[-1].day


def _notices(contract: Contract, obliged: Obligations, days: Period) -> Iterator[Due]:
    """The last days on which notice prevents a renewal, and the contract's end where it is known.

    Each day is that of the edition in force on it: what is agreed later moves no day before. With
    a known end there is no notice left to give; what could be given until it was known stays.
    """
    newest = obliged.editions[-1].agreed
    if obliged.last is not None and days.contains(obliged.last):
        yield Due(
            contract=contract,
            day=obliged.last,
            kind=EntryKind.END,
            clause=newest.term.clause,
            remind_from=obliged.last - timedelta(days=newest.term.remind_end_days),
        )
    for edition in obliged.editions:
        term, agreed = edition.agreed.lasting, edition.agreed.term
        for renewal in renewals(term, days.last + ONE_DAY):
            day = renewal.certain_from - ONE_DAY
            if not days.contains(day) or obliged.edition_on(day) is not edition:
                continue
            if not _could_be_given(obliged, renewal, day):
                continue
            yield Due(
                contract=contract,
                day=day,
                kind=EntryKind.NOTICE,
                clause=agreed.clause,
                period=Period(renewal.begins, renewal.ends),
                remind_from=warn_from(term, renewal.begins - ONE_DAY, agreed.remind_notice_months),
            )


def _could_be_given(obliged: Obligations, renewal: Renewal, day: date) -> bool:
    """Whether notice against a renewal was still to be given on its last day."""
    if obliged.last is None:
        return True
    if obliged.notices:
        return day < min(notice.received_on for notice in obliged.notices)
    return renewal.begins <= obliged.last
