"""Hourly rate (Fachleistungsstunden): minutes selected, weighted, stepped, capped and priced.

One line per case and calendar month, plus one per surcharge. Minutes stay exact fractions until
they become money.

`terms` says what can be configured, `minutes` how an amount arises, `case_month` goes through the
work of a case, `person` and `rest` share what limits leave, `lines` makes lines of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from base.content import _
from contracts.billing.facts import Case, Facts, Grain, Work
from contracts.billing.hourly_rate.case_month import NEW, Balance, CaseMonth
from contracts.billing.hourly_rate.examples import EXAMPLES, example_facts
from contracts.billing.hourly_rate.lines import Billing
from contracts.billing.hourly_rate.minutes import Plan, price, settle, surcharge_amount
from contracts.billing.hourly_rate.person import draw, limit_of, shares
from contracts.billing.hourly_rate.rest import rest_of
from contracts.billing.hourly_rate.sessions import allotments
from contracts.billing.hourly_rate.terms import (
    COMPONENT,
    Cap,
    HourlyRate,
    Increment,
    PersonLimit,
    PricedKind,
    Rate,
    Surcharge,
)
from contracts.billing.limits import Limits
from contracts.billing.scheme import BillingError, Line, Result, Segment
from contracts.billing.steps import Course, Step

__all__ = [
    "COMPONENT",
    "EXAMPLES",
    "FACTS",
    "TERMS",
    "Cap",
    "HourlyRate",
    "Increment",
    "PricedKind",
    "PersonLimit",
    "Rate",
    "Surcharge",
    "calculate",
    "explain",
    "grain",
    "example_facts",
]

FACTS = Facts.WORK

TERMS = HourlyRate


def grain(terms: HourlyRate) -> Grain:
    """As fine as minutes are rounded; where they are not, by case and calendar month."""
    per = terms.increment.per if terms.increment else "month"
    if terms.person_limit:
        # Of several cases of a person, what was worked first has room first.
        return Grain.EACH if per == "record" else Grain.DAY
    return {"record": Grain.RECORD, "day": Grain.DAY, "month": Grain.MONTH}[per]


def calculate(
    terms: HourlyRate,
    segment: Segment,
    facts: Sequence[Work],
    opening: Mapping[Case, Balance] | None,
    earlier: Mapping[str, Decimal],
    limits: Limits,
) -> Result:
    """One line per case and calendar month, cut to the segment.

    Units: minutes in, `unit_minutes` per unit, EUR out, rounded once per line. What exceeds the
    cap and the person's limit is left for the terms after this one, or `unbilled`, in units.
    Where the support plan changes inside the month, the work under each plan is a part of its own
    of the line. Raises BillingError for work before the first rate, negative minutes, a group
    without participants, or two caps for one case and part of a month.
    """
    groups = _by_month_and_case(terms, facts)
    balances = dict(opening or {})
    if not groups:
        return Result((), balances, _totals(terms, ()))
    billing, plan, course = Billing.of(terms, segment), Plan.of(terms), Course()
    allotted = allotments(terms, billing.rate, facts)
    lines: list[Line] = []
    left: list[Work] = []
    for (year, month), cases in sorted(groups.items()):
        works = [
            CaseMonth(
                billing, plan, year, month, case, rows, balances.get(case, NEW).at(year, month)
            )
            for case, rows in sorted(cases.items())
        ]
        rooms = shares(terms, limits, works)
        for work in works:
            parts, balances[work.case] = work.settle(
                course, limits, limit_of(terms, limits, work), first=rooms.get(work.case)
            )
            rest = rest_of(work, parts)
            inputs = billing.inputs(
                [each.inputs for each in parts],
                allotted.get((year, month, work.case)),
                work.rows,
                rest.passed_on,
            )
            worked = [each.worked for each in parts]
            priced = price(course, plan, inputs, worked)
            used = sum(each.used for each in worked)
            draw(terms, limits, work, used, priced.amount)
            over = priced.over - sum(rest.passed_on.values())
            lines.extend(billing.lines(work, inputs, priced, over))
            left.extend(rest.left)
    return Result(lines, balances, _totals(terms, lines), left)


def explain(terms: HourlyRate, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps to a line's amount, from its inputs alone (weights and order from the terms)."""
    course = Course(explain=True)
    if "base" in inputs:
        surcharge_amount(course, inputs)
    else:
        settle(course, Plan.of(terms), inputs)
    return tuple(course.steps)


def _by_month_and_case(
    terms: HourlyRate, facts: Iterable[Work]
) -> dict[tuple[int, int], dict[Case, list[Work]]]:
    selected = {kind.key: kind.share for kind in terms.kinds}
    groups: dict[tuple[int, int], dict[Case, list[Work]]] = {}
    for work in facts:
        share = selected.get(work.kind)
        if share is None:
            continue
        if work.minutes < 0 or work.count < 1 or (share == "staff" and work.participants < 1):
            _refuse(terms, work)
        day = work.first
        groups.setdefault((day.year, day.month), {}).setdefault(work.case, []).append(work)
    return groups


def _refuse(terms: HourlyRate, work: Work) -> None:
    raise BillingError(
        _(
            "%(place)s: case %(case)s, %(day)s: %(minutes)s min, %(present)s present cannot be "
            "billed; allowed: minutes from 0, at least one record and one participant"
        ),
        term=terms.key,
        component=COMPONENT,
        case=work.case,
        day=work.first,
        minutes=work.minutes,
        present=work.participants,
    )


def _totals(terms: HourlyRate, lines: Sequence[Line]) -> dict[str, Decimal]:
    totals = dict.fromkeys(terms.component_keys(), Decimal("0.00"))
    for line in lines:
        totals[line.component] += line.amount
    return totals
