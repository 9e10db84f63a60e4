"""Cost reimbursement (Kostenerstattung): actual costs plus percentages with a minimum.

Components are computed in their order; each is rounded half up to cents, and the rounded amounts
add up, so that a statement foots (D4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from base.content import Refusal, _, labels, listed, require_unique, summary
from contracts.billing.money import exact, round_to
from contracts.billing.period import Period
from contracts.billing.scheme import (
    Amount,
    BillingError,
    Configured,
    Cost,
    Example,
    Facts,
    Grain,
    Key,
    Line,
    Name,
    Result,
    Segment,
    Terms,
    line_key,
    merge_sources,
)
from contracts.billing.steps import Course, Step

FACTS = Facts.COST
NOTHING = Decimal("0.0000")


class Actual(Configured):
    """The sum of payroll costs of the kinds named (those marked eligible, D3)."""

    model_config = summary("{label}", title=_("actual costs"))

    type: Literal["actual"] = "actual"
    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Name = Field(title=_("label"), description=_("As it appears in statements."))
    clause: str = Field(
        "",
        title=_("clause"),
        description=_("Number of the clause this rests on; empty: that of the whole remuneration."),
    )
    cost_kinds: tuple[Name, ...] = Field(
        min_length=1,
        title=_("kinds of cost"),
        description=_("As payroll lines name them, one per line."),
    )


class BasePart(Configured):
    """One part of a percentage's base: a cost kind, or an earlier component or term."""

    model_config = summary("{cost_kind} {component}", title=_("part of the base"))

    cost_kind: Name | None = Field(
        None, title=_("kind of cost"), description=_("Either a kind of cost or a component.")
    )
    component: Name | None = Field(
        None,
        title=_("component"),
        description=_("A component before this one, or an earlier term."),
    )
    sign: Literal[1, -1] = Field(1, title=_("sign"), description=_("1 adds it, -1 takes it off."))

    @model_validator(mode="after")
    def _names_one_thing(self):
        if (self.cost_kind is None) == (self.component is None):
            raise Refusal(_("a base names either a cost kind or a component"))
        return self


class Minimum(Configured):
    """EUR per calendar year and full post, times `posts` (D1).

    For a part of a year (D2) it counts in twelfths per month in force, in days, or in full once
    per calendar year.
    """

    model_config = summary("{amount}", title=_("minimum"))

    amount: Amount = Field(
        title=_("amount in EUR a year"),
        description=_("For a whole calendar year and one full post."),
    )
    proration: Literal["twelfths", "days", "full"] = Field(
        "twelfths",
        title=_("in a part of a year"),
        description=_("How the minimum shrinks where the contract runs for a part of the year."),
        **labels(twelfths=_("in twelfths for each month"), days=_("by days"), full=_("in full")),
    )
    posts: Amount = Field(
        Decimal(1),
        title=_("full posts"),
        description=_("The amount is multiplied by it; 1 where the contract names no posts."),
    )


class Percentage(Configured):
    """A percentage of a base of cost kinds and earlier components, at least the minimum."""

    model_config = summary("{label} {percent} %", title=_("percentage"))

    type: Literal["percentage"] = "percentage"
    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Name = Field(title=_("label"), description=_("As it appears in statements."))
    clause: str = Field(
        "",
        title=_("clause"),
        description=_("Number of the clause this rests on; empty: that of the whole remuneration."),
    )
    base: tuple[BasePart, ...] = Field(
        min_length=1,
        title=_("base"),
        description=_("What the percentage is taken of: kinds of cost or components above."),
    )
    percent: Amount = Field(title=_("percent"), description=_("For example 12."))
    minimum: Minimum | None = Field(
        None,
        title=_("at least"),
        description=_("The least amount a year; leave out where none is agreed."),
    )


Component = Annotated[Actual | Percentage, Field(discriminator="type")]


class CostReimbursement(Terms):
    """Components in the order in which they are computed.

    A base may name a component before it, an earlier term of the contract (its total) or
    "term.component": whatever stands later does not exist yet, so there are no circles.
    """

    model_config = summary("{label}", title=_("cost reimbursement"))

    model: Literal["cost_reimbursement"] = "cost_reimbursement"
    components: tuple[Component, ...] = Field(
        min_length=1, title=_("components"), description=_("Computed in this order.")
    )

    @model_validator(mode="after")
    def _refers_backwards(self):
        require_unique(self.component_keys(), "components")
        # One euro is charged by one component.
        cost_kinds = [kind for part in self._actuals() for kind in part.cost_kinds]
        require_unique(cost_kinds, "components.cost_kinds")
        later = set(self.component_keys())
        for component in self.components:
            names = {part.component for part in getattr(component, "base", ())}
            if wrong := sorted(name for name in names if name in later or self._is_own(name)):
                raise Refusal(
                    _(
                        "component %(component)s is based on %(base)s: "
                        "allowed are components before it and earlier terms"
                    ),
                    component=component.key,
                    base=listed(wrong),
                )
            later.discard(component.key)
        return self

    def _actuals(self) -> list[Actual]:
        return [component for component in self.components if isinstance(component, Actual)]

    def _is_own(self, name: str | None) -> bool:
        """Whether a name is this term itself: its own components are named without it."""
        return name is not None and name.split(".")[0] == self.key and not self._has(name)

    def _has(self, name: str) -> bool:
        return name in self.component_keys()

    def component_keys(self) -> tuple[str, ...]:
        return tuple(component.key for component in self.components)

    def references(self) -> set[str]:
        parts = [part for component in self.components for part in getattr(component, "base", ())]
        return {
            part.component for part in parts if part.component and not self._has(part.component)
        }


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


def calculate(
    terms: CostReimbursement,
    segment: Segment,
    facts: Sequence[Cost],
    opening: None,
    earlier: Mapping[str, Decimal],
) -> Result:
    """One line per component and segment, with amount 0.00 where there were no costs.

    Percentages and their minimum are compared per segment. Raises BillingError when a base names
    a term that was not computed before this one.
    """
    costs: dict[str, list[Cost]] = {}
    for cost in facts:
        costs.setdefault(cost.kind, []).append(cost)
    known = _Known(costs, dict(earlier), {})
    lines, totals = [], {}
    for component in terms.components:
        build = _actual_line if isinstance(component, Actual) else _percentage_line
        line = build(terms, component, segment, known)
        lines.append(line)
        totals[component.key] = known.amounts[component.key] = line.amount
        known.sources[component.key] = line.sources
    return Result(lines, None, totals)


def explain(terms: CostReimbursement, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps to a line's amount, from its inputs alone."""
    course = Course(explain=True)
    _amount(course, inputs)
    return tuple(course.steps)


def _amount(course: Course, inputs: Mapping[str, Any]) -> Decimal:
    if "costs" in inputs:
        amounts = [Decimal(amount) for _, amount, _ in inputs["costs"]]
        return course.cents(course.take("costs of these kinds", "sum", *amounts))
    base = _base_amount(course, inputs["base"])
    amount = course.take("percentage of the base", "percent", base, Decimal(inputs["percent"]))
    if (least := inputs["minimum"]) and least["parts"]:
        amount = course.take("at least the minimum", "maximum", amount, _least(course, least))
    return course.cents(amount)


def _base_amount(course: Course, base: Sequence[tuple[str, int, str]]):
    added = [Decimal(amount) for _, sign, amount in base if sign > 0]
    taken = [Decimal(amount) for _, sign, amount in base if sign < 0]
    total = course.take("base of the percentage", "sum", *added)
    for amount in taken:
        total = course.take("less what the base leaves out", "difference", total, amount)
    return total


def _least(course: Course, minimum: Mapping[str, Any]):
    """The minimum for the part of the year in force."""
    shares = [
        course.take("share of the year in force", "quotient", *part) for part in minimum["parts"]
    ]
    share = course.take("shares of the years", "sum", *shares) if len(shares) > 1 else shares[0]
    amount, posts = Decimal(minimum["amount"]), Decimal(minimum["posts"])
    yearly = course.take("yearly minimum for the posts", "product", amount, posts)
    return course.take("minimum for the time in force", "product", yearly, share)


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
    return _line(
        terms,
        component,
        segment,
        inputs={
            "base": base,
            "percent": str(component.percent),
            "minimum": _minimum_input(terms, component.minimum, segment),
        },
        sources=_base_sources(component, known),
        quantity=round_to(quantity, 4),
        unit="EUR",
        rate=component.percent,
    )


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
        amount=_amount(Course(), inputs),
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


def _minimum_input(terms, minimum: Minimum | None, segment: Segment) -> dict | None:
    if minimum is None:
        return None
    parts = _PRORATIONS[minimum.proration](segment, segment.term_since(terms.key))
    return {
        "amount": str(minimum.amount),
        "posts": str(minimum.posts),
        "proration": minimum.proration,
        "parts": parts,
    }


def _twelfths(segment: Segment, since: date) -> list[list[int]]:
    """A month counts in the segment in which its first day in force lies, so it counts once."""
    starts = [max(month.first.replace(day=1), since) for month in segment.period.months()]
    months = sum(segment.period.contains(start) for start in starts)
    return [[months, 12]] if months else []


def _days(segment: Segment, since: date) -> list[list[int]]:
    years = _years(segment.period)
    return [[segment.period.cut(year.first, year.last).days, year.days] for year in years]


def _full(segment: Segment, since: date) -> list[list[int]]:
    """A calendar year counts in the first segment of the billed period that it touches."""
    starts = [max(year.first, segment.within.first, since) for year in _years(segment.period)]
    years = sum(segment.period.contains(start) for start in starts)
    return [[years, 1]] if years else []


def _years(period: Period) -> list[Period]:
    years = range(period.first.year, period.last.year + 1)
    return [Period(date(year, 1, 1), date(year, 12, 31)) for year in years]


_PRORATIONS = {"twelfths": _twelfths, "days": _days, "full": _full}


def _personnel_contract(**minimum) -> CostReimbursement:
    personnel = (BasePart(component="personnel"),)
    return CostReimbursement(
        key="costs",
        label="Kostenerstattung",
        clause="§ 4",
        components=(
            Actual(key="personnel", label="Personalkosten", cost_kinds=("salary", "bonus")),
            Percentage(
                key="material",
                label="Sachkosten",
                base=personnel,
                percent=Decimal(12),
                minimum=Minimum(amount=Decimal(5400), **minimum),
            ),
            Percentage(
                key="overhead", label="Sonstige Kosten", base=personnel, percent=Decimal(10)
            ),
        ),
    )


def _salary(amount: str, month: str) -> Cost:
    days = Period.parse(month)
    return Cost(kind="salary", first=days.first, last=days.last, amount=Decimal(amount))


def _half_year(name: str, proration: str, material: str, total: str) -> Example:
    return Example(
        name=name,
        terms=_personnel_contract(proration=proration),
        period=Period.parse("2024-H2"),
        facts=(_salary("14300.00", "2024-09"),),
        amounts={"personnel": "14300.00", "material": material, "overhead": "1430.00"},
        total=total,
        source="C2, D2",
    )


EXAMPLES = (
    Example(
        name="a year of payroll lines, the minimum applies",
        terms=_personnel_contract(),
        period=Period.parse("2024"),
        facts=(
            *(_salary("2214.35", f"2024-{month:02}") for month in range(1, 7)),
            *(_salary("2281.90", f"2024-{month:02}") for month in range(7, 13)),
            Cost(
                kind="bonus",
                first=date(2024, 11, 1),
                last=date(2024, 11, 30),
                amount=Decimal("1780.12"),
            ),
        ),
        amounts={"personnel": "28757.62", "material": "5400.00", "overhead": "2875.76"},
        total="37033.38",
        source="C2",
    ),
    _half_year("July to December, minimum in twelfths", "twelfths", "2700.00", "18430.00"),
    _half_year("July to December, minimum by days", "days", "2714.75", "18444.75"),
    _half_year("July to December, minimum in full", "full", "5400.00", "21130.00"),
    Example(
        name="minimum per full post, half a post",
        terms=_personnel_contract(posts=Decimal("0.5")),
        period=Period.parse("2024"),
        facts=(_salary("28600.00", "2024-06"),),
        amounts={"personnel": "28600.00", "material": "3432.00", "overhead": "2860.00"},
        total="34892.00",
        source="C2, D1",
    ),
)

FIRST_COST, FURTHER_COST = Decimal("28600.00"), Decimal("1200.00")


def sample(terms: CostReimbursement, day: date) -> tuple[Cost, ...]:
    """Costs that show what the terms come to: 28,600 EUR of the first kind, 1,200 of others."""
    kinds: dict[str, None] = {}
    for component in terms.components:
        bases = [part.cost_kind for part in getattr(component, "base", ()) if part.cost_kind]
        kinds.update(dict.fromkeys((*getattr(component, "cost_kinds", ()), *bases)))
    return tuple(
        Cost(kind=kind, first=day, last=day, amount=FURTHER_COST if place else FIRST_COST)
        for place, kind in enumerate(kinds)
    )
