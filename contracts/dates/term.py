"""The term of a contract: first end, renewal, ordinary notice, immediate termination.

What counts for a notice is the day it is received, not the day it is posted. Neither that day
nor the end of the contract moves when it falls on a weekend or a holiday: the notice period
protects the other party and is never shortened or extended by the calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, takewhile
from typing import Literal, get_args

from dateutil.relativedelta import relativedelta

from base.content import Refusal, _, listed
from cms.phases import last_day
from contracts.dates.duties import period_end
from contracts.dates.working_days import last_day_of_month

NoticeTo = Literal["term_end", "year_end", "half_end", "quarter_end", "month_end"]
CYCLE_OF_NOTICE = {
    "month_end": "month",
    "quarter_end": "quarter",
    "half_end": "half",
    "year_end": "year",
}

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Term:
    """From when a contract runs, how long, and how it can be ended by ordinary notice.

    `first_ends` None: open-ended. `renews_months` None: ends on `first_ends` without notice.
    `notice_to` names the days on which notice can end the contract. A first term is binding:
    notice ends the contract on `first_ends` at the earliest, unless `notice_in_first_term`.
    Raises Refusal for terms that contradict each other.
    """

    begins: date
    first_ends: date | None = None
    renews_months: int | None = None
    notice_months: int = 0
    notice_days: int = 0
    notice_weeks: int = 0
    notice_years: int = 0
    notice_to: NoticeTo = "term_end"
    notice_in_first_term: bool = False

    def __post_init__(self):
        if self.notice_to not in get_args(NoticeTo):
            template = _("notice_to %(value)s is unknown; allowed: %(allowed)s")
            raise Refusal(template, value=self.notice_to, allowed=listed(get_args(NoticeTo)))
        if self.first_ends is None and (self.renews_months or self.notice_to == "term_end"):
            raise Refusal(_("an open-ended contract has no term to renew or to end with"))
        if self.first_ends is not None and self.first_ends < self.begins:
            raise Refusal(_("the first term ends before it begins"))
        if self.renews_months is not None and self.renews_months < 1:
            raise Refusal(_("a renewal lasts at least one month"))
        lengths = (self.notice_days, self.notice_weeks, self.notice_months, self.notice_years)
        if min(lengths) < 0:
            raise Refusal(_("a notice period is not negative"))
        if sum(length > 0 for length in lengths) > 1:
            raise Refusal(_("a notice period is agreed in days, weeks, months or years, in one"))

    @property
    def notice(self) -> relativedelta:
        """How long before the end notice has to arrive."""
        return relativedelta(
            days=self.notice_days + 7 * self.notice_weeks,
            months=self.notice_months,
            years=self.notice_years,
        )


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """One renewal: its number from 1, its first and last day, and since when it was certain."""

    number: int
    begins: date
    ends: date
    certain_from: date


def ends_after_notice(term: Term, received: date) -> date:
    """The last day of the contract after ordinary notice received on that day.

    A contract that is not renewed ends with its first term at the latest.
    """
    earliest = max(received + term.notice, term.begins)
    if term.first_ends is not None and not term.notice_in_first_term:
        earliest = max(earliest, term.first_ends)
    if term.notice_to == "term_end":
        return next((end for end in _term_ends(term) if end >= earliest), term.first_ends)
    ends = period_end(CYCLE_OF_NOTICE[term.notice_to], earliest)
    return ends if _may_outlast_first_term(term) else min(ends, term.first_ends)


def last_day_for_notice(term: Term, end: date) -> date:
    """The last day on which notice must be received to end the contract on `end`.

    It is the latest day from which the notice period still fits (sections 187 (1), 188 BGB):
    six months to 31 December end on 30 June, six months to 30 June on 31 December.
    """
    day = end - term.notice
    in_days = term.notice_days or term.notice_weeks
    return last_day_of_month(day) if end == last_day_of_month(end) and not in_days else day


@lru_cache(maxsize=10_000)
def warn_from(term: Term, end: date, months: int) -> date:
    """From when to remind of the notice for `end`: the given months before its last day."""
    last = last_day_for_notice(term, end)
    day = last - relativedelta(months=months)
    return (last_day_of_month(day) if last == last_day_of_month(last) else day) + ONE_DAY


@lru_cache(maxsize=10_000)
def current_end(
    term: Term,
    on: date,
    notice_received: date | None = None,
    terminated_on: date | None = None,
) -> date | None:
    """The last day of the contract as it stands on that day; None while it is open-ended.

    Without notice a contract counts as renewed from the day after its last day for notice.
    Notice and termination count whenever they are given, also for an earlier `on`. Immediate
    termination ends the contract on its own day.
    Raises Refusal for a termination before the contract begins.
    """
    if terminated_on is not None and terminated_on < term.begins:
        raise Refusal(_("the contract is terminated before it begins"))
    if notice_received is not None:
        ends = ends_after_notice(term, notice_received)
    else:
        ends = _end_without_notice(term, on)
    return min((day for day in (ends, terminated_on) if day is not None), default=None)


@lru_cache(maxsize=10_000)
def renewals(
    term: Term,
    on: date,
    notice_received: date | None = None,
    terminated_on: date | None = None,
) -> tuple[Renewal, ...]:
    """The renewals that are certain on that day and not prevented by notice or termination.

    The last of them ends early where notice or termination falls into it.
    """
    final = current_end(term, on, notice_received, terminated_on)
    certain = takewhile(lambda renewal: renewal.certain_from <= on, _all_renewals(term))
    return tuple(renewal for renewal in certain if renewal.begins <= final)


def _all_renewals(term) -> Iterator[Renewal]:
    ends = _term_ends(term)
    previous = next(ends, None)
    for number, end in enumerate(ends, start=1):
        yield Renewal(
            number=number,
            begins=previous + ONE_DAY,
            ends=end,
            certain_from=last_day_for_notice(term, previous) + ONE_DAY,
        )
        previous = end


def _term_ends(term) -> Iterator[date]:
    """The end of the first term and of every renewal, each computed from the first end."""
    if term.first_ends is None:
        return
    yield term.first_ends
    if term.renews_months:
        for number in count(1):
            yield last_day(term.first_ends + ONE_DAY, number * term.renews_months)


def _end_without_notice(term, on):
    ends = (end for end in _term_ends(term) if on <= last_day_for_notice(term, end))
    return next(ends, None) if _may_outlast_first_term(term) else term.first_ends


def _may_outlast_first_term(term):
    return term.first_ends is None or term.renews_months is not None
