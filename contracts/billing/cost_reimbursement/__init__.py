"""Cost reimbursement (Kostenerstattung): actual costs plus percentages with a minimum.

Components are computed in their order; each is rounded half up to cents, and the rounded amounts
add up, so that a statement foots (D4).

`terms` says what can be configured, `amount` and `minimum` how an amount arises; here lines are
made of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from base.content import _, listed
from contracts.billing.cost_reimbursement.amount import line_amount
from contracts.billing.cost_reimbursement.examples import EXAMPLES, example_facts
from contracts.billing.cost_reimbursement.minimum import YearSoFar, carried, minimum_inputs
from contracts.billing.cost_reimbursement.terms import (
    Actual,
    BasePart,
    CostReimbursement,
    Minimum,
    Percentage,
)
from contracts.billing.facts import Cost, Facts, Grain, merge_sources
from contracts.billing.limits import Limits
from contracts.billing.money import exact, round_to
from contracts.billing.scheme import BillingError, Line, Result, Segment, line_key
from contracts.billing.steps import Course, Step

__all__ = [
    "EXAMPLES",
    "FACTS",
    "TERMS",
    "Actual",
    "BasePart",
    "CostReimbursement",
    "Minimum",
    "Percentage",
    "calculate",
    "explain",
    "grain",
    "example_facts",
]

FACTS = Facts.COST
NOTHING = Decimal("0.0000")

TERMS = CostReimbursement


def grain(terms: CostReimbursement) -> Grain:
    """Costs are summed by kind over the segment."""
    return Grain.PERIOD


@dataclass(frozen=True)
class _Known:
    """What components may be based on so far."""

    costs: Mapping[str, Sequence[Cost]]
    amounts: dict[str, Decimal]
    sources: dict[str, str]
    years: dict[str, YearSoFar]
    """By component, the calendar year so far."""


def calculate(
    terms: CostReimbursement,
    segment: Segment,
    facts: Sequence[Cost],
    opening: Mapping[str, YearSoFar] | None,
    earlier: Mapping[str, Decimal],
    limits: Limits,
) -> Result:
    """One line per component and segment, with amount 0.00 where there were no costs.

    Percentages and their minimum are compared over the calendar year: a line is the year so far,
    less what earlier segments of it came to. Raises BillingError when a base names a term that
    was not computed before this one.
    """
    costs: dict[str, list[Cost]] = {}
    for cost in facts:
        costs.setdefault(cost.kind, []).append(cost)
    known = _Known(costs, dict(earlier), {}, dict(opening or {}))
    lines, totals = [], {}
    for component in terms.components:
        build = _actual_line if isinstance(component, Actual) else _percentage_line
        line = build(terms, component, segment, known)
        lines.append(line)
        totals[component.key] = known.amounts[component.key] = line.amount
        known.sources[component.key] = line.sources
    return Result(lines, known.years, totals)


def explain(terms: CostReimbursement, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps to a line's amount, from its inputs alone."""
    course = Course(explain=True)
    line_amount(course, inputs)
    return tuple(course.steps)


def _actual_line(terms, component: Actual, segment: Segment, known: _Known) -> Line:
    costs = [cost for kind in component.cost_kinds for cost in known.costs.get(kind, ())]
    rows = sorted((cost.kind, cost.amount, cost.count) for cost in costs)
    return _line(
        terms,
        component,
        segment,
        inputs={"costs": [[kind, str(amount), count] for kind, amount, count in rows]},
        sources=merge_sources(*(cost.sources for cost in costs)),
        quantity=Decimal("1.0000"),
        unit="lump",
    )


def _percentage_line(terms, component: Percentage, segment: Segment, known: _Known) -> Line:
    base = [_base_input(terms, component, part, known) for part in component.base]
    quantity = sum((sign * exact(amount) for _, sign, amount in base), exact(0))
    inputs: dict[str, Any] = {"base": base, "percent": str(component.percent), "minimum": None}
    before = known.years.get(component.key)
    if component.minimum is not None:
        # A segment lies within one calendar year (CostReimbursement.begins_anew).
        year = segment.period.first.year
        if before is None or before.year != year:
            before = YearSoFar(year)
        inputs["minimum"] = minimum_inputs(component.minimum, segment.period, before)
        if so_far := before.inputs():
            inputs["year"] = so_far
    line = _line(
        terms,
        component,
        segment,
        inputs=inputs,
        sources=_base_sources(component, known),
        quantity=round_to(quantity, 4),
        unit="EUR",
        rate=component.percent,
    )
    if component.minimum is not None:
        known.years[component.key] = carried(before, segment.period, inputs, line.amount)
    return line


def _line(
    terms, component, segment: Segment, *, inputs, sources, quantity, unit, rate=None
) -> Line:
    return Line(
        key=line_key(terms, component.key, None, segment.period.first),
        term=terms.key,
        component=component.key,
        label=component.label,
        clause=component.clause or terms.clause,
        case=None,
        first=segment.period.first,
        last=segment.period.last,
        quantity=quantity,
        unit=unit,
        rate=rate,
        amount=line_amount(Course(), inputs),
        unbilled=NOTHING,
        inputs=inputs,
        sources=sources,
    )


def _base_input(terms, component: Percentage, part: BasePart, known: _Known) -> list:
    if part.cost_kind is not None:
        costs = known.costs.get(part.cost_kind, ())
        amount = sum((cost.amount for cost in costs), Decimal("0.00"))
        return [part.cost_kind, part.sign, str(amount)]
    if part.component not in known.amounts:
        raise BillingError(
            _("%(place)s: %(value)s cannot be billed; allowed: computed before: %(known)s"),
            term=terms.key,
            component=component.key,
            value=part.component,
            known=listed(sorted(known.amounts)),
        )
    return [part.component, part.sign, str(known.amounts[part.component])]


def _base_sources(component: Percentage, known: _Known) -> str:
    kinds = [known.costs.get(part.cost_kind, ()) for part in component.base]
    own = [known.sources.get(part.component, "") for part in component.base]
    return merge_sources(*(cost.sources for costs in kinds for cost in costs), *own)
