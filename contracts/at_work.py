"""Who is at work on a day: the calendars of the contracts in force where they work say so, and
the substitutions."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from contracts.dates.obligations import obligations_of
from contracts.dates.working_days import STATES, Calendar, is_free_everywhere
from contracts.models import Contract, Member, Substitution


def at_work(day: date) -> Q:
    """Return the condition, for users, that the day is no free one where they work.

    An organisation works on a day on which one of its contracts in force says so. Where no contract
    says anything, a day is free that is free in all federal states.
    """
    open_, closed = _organisations(day)
    members = Member.objects.filter(active=True)
    if is_free_everywhere(day):
        return Q(pk__in=members.filter(organisation__in=open_).values("user"))
    there = members.filter(organisation__in=closed - open_)
    elsewhere = members.exclude(organisation__in=closed - open_)
    return ~Q(pk__in=there.values("user")) | Q(pk__in=elsewhere.values("user"))


def holidays_among(days: Iterable[date], contracts: Iterable[Contract]) -> dict[date, str]:
    """Return which of these days are holidays for who carries these contracts out, with a name.

    A day on which one of them that is in force is worked is none. Where none is in force, a day is
    one that is a holiday in all federal states. Names are German, or message ids
    (`Calendar.reason_off`).
    """
    obliged, found = obligations_of(contracts).values(), {}
    everywhere = [Calendar(state) for state in STATES]
    for day in days:
        calendars = [
            each.on(day).working_days
            for each in obliged
            if each.first <= day and (each.last is None or day <= each.last)
        ]
        names = [calendar.holiday(day) for calendar in calendars or everywhere]
        if all(names):
            found[day] = names[0]
    return found


def away(day: date) -> Q:
    """Return the condition, for users, that somebody stands in for them wherever they work.

    Nobody does who has left, or is absent that day too: the work would be seen by nobody.
    """
    in_force = Substitution.objects.in_force_on(day)
    there = in_force.filter(substitute__active=True, substitute__user__is_active=True)
    absent = there.exclude(substitute__in=in_force.values("member")).values("member")
    members = Member.objects.filter(active=True)
    gone = Q(pk__in=members.filter(pk__in=absent).values("user"))
    return gone & ~Q(pk__in=members.exclude(pk__in=absent).values("user"))


def _organisations(day: date) -> tuple[set[int], set[int]]:
    """Return those of which a contract says that they work, and that they do not, by key."""
    open_: set[int] = set()
    closed: set[int] = set()
    contracts = {row.pk: row for row in Contract.objects.only("commissioning_body", "provider")}
    for pk, obliged in obligations_of(contracts.values()).items():
        if obliged.first <= day and (obliged.last is None or day <= obliged.last):
            works = obliged.on(day).working_days.is_working_day(day)
            parties = contracts[pk].commissioning_body_id, contracts[pk].provider_id
            (open_ if works else closed).update(parties)
    return open_, closed
