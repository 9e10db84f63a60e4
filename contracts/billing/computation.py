"""Run the terms of a contract over its segments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from base.content import _, listed, require_unique
from contracts.billing.facts import Completion, Fact, Facts, Grain
from contracts.billing.kept import named, positional
from contracts.billing.limits import Limits
from contracts.billing.period import Period
from contracts.billing.registry import model_of
from contracts.billing.scheme import BillingError, Example, Line, Segment, Terms
from contracts.billing.steps import Step
from contracts.billing.timeline import Edition, in_force, segments
from contracts.billing.turns import check_turns, left_by, takes_turns


class HasInputs(Protocol):
    """A line just computed, or one that a statement keeps."""

    inputs: Mapping[str, Any]


FactSource = Callable[[Segment, Terms], Sequence[Fact]]


def compute(
    run: Sequence[Segment], facts: FactSource, limits: Limits | None = None
) -> tuple[Line, ...]:
    """Run every term in each segment in order of time and return the lines of the counted ones.

    `facts` is asked for what a term's model reads (FACTS, at its grain) in a segment. Balances go
    from segment to segment by term key, those of `limits` belong to what they were agreed for
    and can be read afterwards; a term reads the totals of terms before it in the same segment, and
    prices what terms that come first leave over. Lines come in the order of terms, days, cases
    and components; what several editions agree on names them in its inputs ("editions").
    """
    balances: dict[tuple[str, str], object] = {}
    limits = Limits() if limits is None else limits
    lines: list[Line] = []
    for segment in run:
        earlier: dict[str, Decimal] = {}
        left: dict[str, Sequence[Fact]] = {}
        for terms in segment.terms:
            # A key that changes its model begins a new balance.
            balance = (terms.balance(), terms.model)
            given = _given(terms, segment, facts(segment, terms), left)
            result = model_of(terms).calculate(
                terms, segment, given, balances.get(balance), earlier, limits
            )
            balances[balance], left[terms.key] = result.closing, result.left
            _add_totals(earlier, terms.key, result.totals)
            if segment.counted:
                lines.extend(_in_its_words(line, terms, segment) for line in result.lines)
    order = _order_of(run)
    # Sorting is stable: components stay in the order in which the model gave them.
    lines.sort(key=lambda line: (order[line.term], line.first, _case_order(line.case)))
    return tuple(lines)


def _given(
    terms: Terms, segment: Segment, facts: Sequence[Fact], left: Mapping[str, Sequence[Fact]]
) -> Sequence[Fact]:
    """The facts of a term; of what another one prices first, what that leaves over."""
    before = left_by(terms, segment.terms)
    if not before:
        return facts
    rest = [
        fact
        for key in dict.fromkeys(before.values())
        for fact in left[key]
        if before.get(fact.kind) == key
    ]
    return [*(fact for fact in facts if fact.kind not in before), *rest]


def _in_its_words(line: Line, terms: Terms, segment: Segment) -> Line:
    """The line as it is kept, and as the edition in force on its first day words it.

    It names all editions of its days.
    """
    line = replace(line, inputs=named(line.inputs))
    if len(segment.pieces) == 1:
        return line
    pieces = segment.pieces_of(Period(line.first, line.last))
    worded = next(each for each in pieces[0].terms if each.key == terms.key)
    label, clause = worded.naming(line.component)
    editions = list(dict.fromkeys(piece.edition for piece in pieces))
    inputs = line.inputs | {"editions": editions} if len(editions) > 1 else line.inputs
    return replace(line, label=label, clause=clause, inputs=inputs)


def _order_of(run: Sequence[Segment]) -> dict[str, int]:
    """Places of terms as the earliest edition in force has them, new ones after them."""
    order: dict[str, int] = {}
    for segment in sorted(run, key=lambda each: each.period.first):
        if segment.counted:
            for terms in segment.terms:
                order.setdefault(terms.key, len(order))
    return order


def explain(terms: Terms, line: HasInputs) -> tuple[Step, ...]:
    """How the amount of a line arises, computed again from nothing but the inputs it keeps.

    None where what was charged is gone: such a line keeps no inputs.
    """
    return model_of(terms).explain(terms, positional(line.inputs)) if line.inputs else ()


def grain_of(terms: Terms, all_terms: Sequence[Terms]) -> Grain:
    """How finely terms want their facts beside those in force with them.

    What goes from term to term suits all of them.
    """
    return Grain.EACH if takes_turns(terms, all_terms) else model_of(terms).grain(terms)


def check_terms(terms: Sequence[Terms]) -> None:
    """Raise Refusal where the terms of one edition do not fit together.

    Keys are unique, a term rests only on terms that stand before it, and comes after none that
    leaves it nothing.
    """
    known: set[str] = set()
    require_unique([term.key for term in terms], "remuneration")
    check_turns(terms)
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


Priced = Mapping[Facts, set[str]]
"""What is paid for, as facts name it."""


def priced(
    editions: Sequence[Edition], period: Period, *, first: date, last: date | None = None
) -> list[tuple[Period, Priced]]:
    """What of each kind of fact has a price, for the days on which the contract is in force."""
    found: list[tuple[Period, Priced]] = []
    for days, _edition, terms in in_force(editions, period, first=first, last=last):
        names: dict[Facts, set[str]] = {kind: set() for kind in Facts}
        for each in terms:
            names[model_of(each).FACTS] |= each.prices()
        if found and found[-1][1] == names:
            found[-1] = (Period(found[-1][0].first, days.last), names)
        else:
            found.append((days, names))
    return found


def check_prices(terms: Sequence[Terms], start: date) -> None:
    """Raise BillingError where terms in force from a day on leave work without or with two prices.

    Dated amounts begin at the latest when their term does; and on no day two terms price the same
    kind of work, stage or cost, unless one says that it comes after the other. Asked when a
    contract is approved: what was concluded before stays readable.
    """
    for number, each in enumerate(terms):
        if (until := each.unpriced_before(start)) is not None:
            raise BillingError(
                _(
                    "%(place)s: the first amount applies from %(first)s only; "
                    "allowed: amounts from %(start)s, when the remuneration begins"
                ),
                term=each.key,
                first=until,
                start=max(start, each.valid_from or start),
            )
        for other in terms[:number]:
            twice = each.prices() & other.prices()
            if other.key in each.comes_after():
                continue
            if twice and model_of(each).FACTS is model_of(other).FACTS and _meet(each, other):
                raise BillingError(
                    _(
                        "%(place)s: %(values)s cannot be priced twice; "
                        "allowed: one remuneration at a time (%(other)s prices it already), "
                        "or one that comes after it"
                    ),
                    term=each.key,
                    values=listed(sorted(twice)),
                    other=other.key,
                )


def _meet(one: Terms, other: Terms) -> bool:
    """Whether there are days on which both are valid."""
    begin = max(one.valid_from or date.min, other.valid_from or date.min)
    return begin <= min(one.valid_until or date.max, other.valid_until or date.max)


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


def _add_totals(earlier: dict[str, Decimal], term: str, totals) -> None:
    earlier[term] = sum(totals.values(), Decimal("0.00"))
    for component, total in totals.items():
        earlier[f"{term}.{component}"] = total


def _case_order(case) -> tuple:
    """Lines without a case come first; numbers sort as numbers."""
    return () if case is None else (case,)


def _first_day(fact: Fact) -> date:
    return fact.day if isinstance(fact, Completion) else fact.first
