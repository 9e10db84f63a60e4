"""The limit per person: one balance for all cases a person has under the contract."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from contracts.billing.facts import Case
from contracts.billing.hourly_rate.case_month import CaseMonth
from contracts.billing.hourly_rate.minutes import limit_room
from contracts.billing.hourly_rate.terms import HourlyRate
from contracts.billing.limits import Limits, Owner
from contracts.billing.steps import Course, Number


def owners_of(
    terms: HourlyRate, person: tuple[str, Case], year: int, month: int, unit: str
) -> dict[str, Owner]:
    """Return what a person's use is counted for: the contract, the year, the month."""
    known = ("person", unit, terms.key, person)
    return {"contract": known, "year": (*known, year), "month": (*known, year, month)}


def used_by(
    terms: HourlyRate, limits: Limits, person: tuple[str, Case], year: int, month: int
) -> Number:
    """Return what a person used of the limit until now: minutes, or EUR."""
    unit = "minutes" if terms.person_limit.amount is None else "amount"
    owners = owners_of(terms, person, year, month, unit)
    return limits.used(owners[terms.person_limit.per])


def limit_of(terms: HourlyRate, limits: Limits, work: CaseMonth) -> dict[str, str]:
    """Return the limit of the person a case is about, with what is used of it; {} without one."""
    limit, rate = terms.person_limit, work.billing.rate
    if limit is None or (limit.amount is not None and not rate):
        return {}
    used = str(used_by(terms, limits, work.person, work.year, work.month))
    if limit.amount is None:
        return {"minutes": str(limit.quantity * terms.unit_minutes), "used": used}
    return {"amount": str(limit.amount), "used": used, "rate": str(rate)}


def draw(terms: HourlyRate, limits: Limits, work: CaseMonth, used: Number, amount: Decimal) -> None:
    """Keep in mind what a person used, also before there is a limit, where persons are named."""
    if terms.person_limit is None and work.rows[0].person is None:
        return
    for unit, value in (("minutes", used), ("amount", amount)):
        for owner in owners_of(terms, work.person, work.year, work.month, unit).values():
            limits.draw(owner, value)


def shares(terms: HourlyRate, limits: Limits, cases: Sequence[CaseMonth]) -> Mapping[Case, Number]:
    """Return the minutes each case has of a limit that its person's cases of a month exceed.

    What was worked first has room first; what reaches the limit on one day shares what is left in
    proportion, so that nothing depends on the number of a case.
    """
    if terms.person_limit is None:
        return {}
    by_person: dict[tuple, list[CaseMonth]] = defaultdict(list)
    for each in cases:
        by_person[each.person].append(each)
    found: dict[Case, Number] = {}
    for together in by_person.values():
        limit = limit_of(terms, limits, together[0])
        if len(together) == 1 or not limit:
            continue
        left = limit_room(Course(), together[0].plan, limit)
        if sum(each.wanted(limits) for each in together) > left:
            found.update(_shared(limits, together, left))
    return found


def _shared(limits: Limits, together: Sequence[CaseMonth], left: Number) -> dict[Case, Number]:
    rooms: dict[Case, Number] = {each.case: 0 for each in together}
    known = dict(rooms)
    for day in sorted({row.first for each in together for row in each.rows}):
        until = {each.case: each.wanted(limits, day) for each in together}
        more = {case: minutes - known[case] for case, minutes in until.items()}
        wanted, known = sum(more.values()), until
        share = Fraction(min(left, wanted)) / wanted if wanted else 0
        for case, minutes in more.items():
            rooms[case] += minutes * share
        left -= wanted * share
    return rooms
