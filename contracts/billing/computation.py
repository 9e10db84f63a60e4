"""Run the terms of a contract over its segments."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from base.content import _, listed, require_unique
from contracts.billing.registry import model_of
from contracts.billing.scheme import (
    BillingError,
    Completion,
    Example,
    Fact,
    Line,
    Segment,
    Terms,
)
from contracts.billing.steps import Step
from contracts.billing.timeline import opening_days, segments

FactSource = Callable[[Segment, Terms], Sequence[Fact]]


def compute(run: Sequence[Segment], facts: FactSource) -> tuple[Line, ...]:
    """Run every term in each segment in order of time and return the lines of the counted ones.

    `facts` is asked for what a term's model reads (FACTS, at its grain) in a segment. Balances go
    from segment to segment by term key; a term reads the totals of terms before it in the same
    segment. Lines come in the order of terms, days, cases and components.
    """
    reach = _reach(run)
    balances: dict[tuple[str, str], object] = {}
    order: dict[str, int] = {}
    lines: list[Line] = []
    for segment in run:
        earlier: dict[str, Decimal] = {}
        for terms in segment.terms:
            if not segment.counted and reach.get(terms.key, date.max) > segment.period.first:
                continue
            # A key that changes its model begins a new balance.
            balance = (terms.key, terms.model)
            result = model_of(terms).calculate(
                terms, segment, facts(segment, terms), balances.get(balance), earlier
            )
            balances[balance] = result.closing
            _add_totals(earlier, terms.key, result.totals)
            if segment.counted:
                order.setdefault(terms.key, len(order))
                lines.extend(result.lines)
    # Sorting is stable: components stay in the order in which the model gave them.
    lines.sort(key=lambda line: (order[line.term], line.first, _case_order(line.case)))
    return tuple(lines)


def explain(terms: Terms, line: Line) -> tuple[Step, ...]:
    """How the amount of a line arises, computed again from nothing but its inputs."""
    return model_of(terms).explain(terms, line.inputs)


def check_terms(terms: Sequence[Terms]) -> None:
    """Raise Refusal where the terms of one edition do not fit together.

    Keys are unique, and a term reads only totals of terms that stand before it.
    """
    known: set[str] = set()
    require_unique([term.key for term in terms], "remuneration")
    for term in terms:
        if unknown := sorted(term.references() - known):
            raise BillingError(
                _(
                    "%(place)s: %(values)s cannot be billed; "
                    "allowed: earlier terms and components: %(known)s"
                ),
                term=term.key,
                values=listed(unknown),
                known=listed(sorted(known)),
            )
        known.add(term.key)
        known.update(f"{term.key}.{component}" for component in term.component_keys())


def facts_within(facts: Sequence[Fact]) -> FactSource:
    """A source that hands out of given facts those whose first day lies in the segment."""

    def source(segment: Segment, terms: Terms) -> list[Fact]:
        return [fact for fact in facts if segment.period.contains(_first_day(fact))]

    return source


def run_example(example: Example) -> tuple[Line, ...]:
    """The lines of a worked example."""
    begins = example.begins or example.period.first
    run = segments([(begins, 1, (example.terms,))], example.period, first=begins)
    return compute(run, facts_within(example.facts))


def _reach(run: Iterable[Segment]) -> dict[str, date]:
    counted = [segment for segment in run if segment.counted]
    if not counted:
        return {}
    terms = (term for segment in counted for term in segment.terms)
    return opening_days(terms, counted[0].within, counted[0].in_force_from)


def _add_totals(earlier: dict[str, Decimal], term: str, totals) -> None:
    earlier[term] = sum(totals.values(), Decimal("0.00"))
    for component, total in totals.items():
        earlier[f"{term}.{component}"] = total


def _case_order(case) -> tuple:
    """Lines without a case come first; numbers sort as numbers."""
    return () if case is None else (case,)


def _first_day(fact: Fact) -> date:
    return fact.day if isinstance(fact, Completion) else fact.first
