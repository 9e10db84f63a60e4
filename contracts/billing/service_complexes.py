"""Price per service complex (Leistungskomplex): a fixed price for each stage completed.

Every stage is billed once per case; where the stages have an order, a stage is billed only when
the one before it is completed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, model_validator

from base.content import _, listed, require_unique, summary
from contracts.billing.facts import Case, Completion, Facts, Grain, source_order
from contracts.billing.limits import Limits
from contracts.billing.period import Period
from contracts.billing.scheme import (
    BillingError,
    Configured,
    Dated,
    Example,
    Key,
    Line,
    Name,
    Result,
    Segment,
    Terms,
    amount_on,
    check_dated,
    line_key,
)
from contracts.billing.steps import Course, Step

FACTS = Facts.COMPLETION
ONE, NONE = Decimal("1.0000"), Decimal("0.0000")

# Why a completion is not billed.
REPEATED = "billed before"
OUT_OF_ORDER = "stage before not completed"


class Price(Dated):
    """EUR per completed stage, from a day on."""

    model_config = summary("{valid_from} {amount}", title=_("price"))


class Stage(Configured):
    """A service complex; the day of completion decides which price applies."""

    model_config = summary("{label}", title=_("stage"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name that service records use: letters and digits, for example LK1."),
    )
    label: Name = Field(title=_("label"), description=_("As it appears in statements."))
    prices: tuple[Price, ...] = Field(
        title=_("prices"),
        description=_("The price and the day from which it applies; a later one takes its place."),
    )

    @model_validator(mode="after")
    def _prices_differ(self):
        check_dated(self.prices)
        return self


class ServiceComplexes(Terms):
    """Stages in their order; `in_order` makes the order a condition of billing."""

    model_config = summary("{label}", title=_("price per service complex"))

    model: Literal["service_complexes"] = "service_complexes"
    stages: tuple[Stage, ...] = Field(
        min_length=1,
        title=_("stages"),
        description=_("What is paid once it is completed, in its order."),
    )
    in_order: bool = Field(
        False,
        title=_("in this order only"),
        description=_("A stage is billed once the one before it is completed."),
    )

    @model_validator(mode="after")
    def _stages_differ(self):
        require_unique(self.component_keys(), "stages")
        return self

    def boundaries(self) -> set[date]:
        prices = [price for stage in self.stages for price in stage.prices]
        return super().boundaries() | {price.valid_from for price in prices if price.valid_from}

    def opening_from(self, period: Period) -> date | None:
        """Once per case means once since the contract began."""
        return date.min

    def component_keys(self) -> tuple[str, ...]:
        return tuple(stage.key for stage in self.stages)

    def limits(self) -> set[str]:
        """A stage is billed once per case, whichever terms of the contract price it."""
        return {"stages"}

    def balance(self) -> str:
        return "stages"

    def prices(self) -> set[str]:
        return set(self.component_keys())

    def naming(self, component: str) -> tuple[str, str]:
        return next(each.label for each in self.stages if each.key == component), self.clause


TERMS = ServiceComplexes


@dataclass
class Progress:
    """How far a case has come: by stage, the first day completed and the day billed."""

    completed: dict[str, date] = field(default_factory=dict)
    billed: dict[str, date] = field(default_factory=dict)

    def copy(self) -> "Progress":
        """An independent copy: a balance handed on is never changed."""
        return Progress(dict(self.completed), dict(self.billed))


def grain(terms: ServiceComplexes) -> Grain:
    """Every completion counts by itself."""
    return Grain.RECORD


def calculate(
    terms: ServiceComplexes,
    segment: Segment,
    facts: Sequence[Completion],
    opening: Mapping[Case, Progress] | None,
    earlier: Mapping[str, Decimal],
    limits: Limits,
) -> Result:
    """One line per completion, by day: the first of a stage at its price, others at 0.00.

    What is not billed shows as `unbilled` 1 with the reason in the inputs. Raises BillingError
    for a stage the terms do not know and for a day before its first price.
    """
    places = {stage.key: place for place, stage in enumerate(terms.stages)}
    _check_stages(terms, facts, places)
    progress = dict(opening or {})
    copied: set[Case] = set()
    lines: list[Line] = []
    totals = dict.fromkeys(places, Decimal("0.00"))
    keys: dict[str, int] = {}
    for completion in sorted(facts, key=lambda fact: _order(fact, places)):
        case = completion.case
        if case not in copied:
            progress[case] = progress[case].copy() if case in progress else Progress()
            copied.add(case)
        line = _line(terms, places[completion.stage], completion, progress[case], keys)
        totals[completion.stage] += line.amount
        lines.append(line)
    return Result(lines, progress, totals)


def explain(terms: ServiceComplexes, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps to a line's amount, from its inputs alone."""
    course = Course(explain=True)
    _amount(course, inputs)
    return tuple(course.steps)


def _amount(course: Course, inputs: Mapping[str, Any]) -> Decimal:
    times, price = inputs["times"], Decimal(inputs["price"])
    return course.cents(course.take("price of the stage", "product", times, price))


def _check_stages(terms, facts: Sequence[Completion], places: Mapping[str, int]) -> None:
    for fact in facts:
        if fact.stage not in places:
            raise BillingError(
                _(
                    "%(place)s: stage %(stage)s of case %(case)s cannot be billed; "
                    "allowed: %(stages)s"
                ),
                term=terms.key,
                stage=fact.stage,
                case=fact.case,
                stages=listed(places),
            )


def _order(fact: Completion, places: Mapping[str, int]) -> tuple:
    """By day; on one day in the order of stages, so that a case may complete several."""
    sources = tuple(map(source_order, fact.sources.split()))
    return fact.day, fact.case, places[fact.stage], sources


def _refusal(terms, place: int, completion: Completion, progress: Progress) -> str:
    """Why this completion is not billed ("" if it is)."""
    if completion.stage in progress.billed:
        return REPEATED
    if terms.in_order and place:
        before = terms.stages[place - 1].key
        if before not in progress.completed:
            return OUT_OF_ORDER
    return ""


def _line(terms, place: int, completion: Completion, progress: Progress, keys) -> Line:
    stage, day = terms.stages[place], completion.day
    price = _price(terms, stage, completion)
    refusal = _refusal(terms, place, completion, progress)
    inputs: dict[str, Any] = {"times": 0 if refusal else 1, "price": str(price)}
    if refusal:
        inputs["reason"] = refusal
        if billed := progress.billed.get(stage.key):
            inputs["billed"] = billed.isoformat()
    else:
        progress.billed[stage.key] = day
    progress.completed.setdefault(stage.key, day)
    return Line(
        key=_key(terms, stage, completion, keys),
        term=terms.key,
        component=stage.key,
        label=stage.label,
        clause=terms.clause,
        case=completion.case,
        first=day,
        last=day,
        quantity=NONE if refusal else ONE,
        unit="stage",
        rate=price,
        amount=_amount(Course(), inputs),
        unbilled=ONE if refusal else NONE,
        inputs=inputs,
        sources=completion.sources,
    )


def _key(terms, stage: Stage, completion: Completion, keys: dict[str, int]) -> str:
    """The stage is the component; a second completion on the same day is numbered."""
    key = line_key(terms, stage.key, completion.case, completion.day)
    keys[key] = keys.get(key, 0) + 1
    return key if keys[key] == 1 else f"{key}|{keys[key]}"


def _price(terms, stage: Stage, completion: Completion) -> Decimal:
    price = amount_on(stage.prices, completion.day)
    if price is None:
        raise BillingError(
            _(
                "%(place)s: %(day)s cannot be billed; "
                "allowed: days from %(start)s, when its first price begins"
            ),
            term=terms.key,
            component=stage.key,
            day=completion.day,
            start=min(price.valid_from for price in stage.prices),
        )
    return price


def _debt_counselling() -> ServiceComplexes:
    prices = {
        "LK1": ("Bestandsaufnahme", ("180.00", None), ("190.00", "2024-07-01")),
        "LK2": ("Schuldenregulierung", ("420.00", None)),
        "LK3": ("Nachsorge", ("260.00", None)),
    }
    stages = tuple(
        Stage(
            key=key,
            label=label,
            prices=tuple(Price(amount=amount, valid_from=start) for amount, start in dated),
        )
        for key, (label, *dated) in prices.items()
    )
    return ServiceComplexes(
        key="lk", label="Leistungskomplexe", clause="§ 6", stages=stages, in_order=True
    )


def _completed(stage: str, day: str, source: str, case: str = "F-1") -> Completion:
    return Completion(stage=stage, case=case, day=date.fromisoformat(day), sources=source)


EXAMPLES = (
    Example(
        name="a repeated stage is billed once",
        terms=_debt_counselling(),
        period=Period.parse("2024-H1"),
        facts=(
            _completed("LK1", "2024-01-15", "1.1"),
            _completed("LK2", "2024-03-01", "2.1"),
            _completed("LK1", "2024-04-02", "3.1"),
        ),
        amounts={
            "lk.LK1|F-1|2024-01-15": "180.00",
            "lk.LK2|F-1|2024-03-01": "420.00",
            "lk.LK1|F-1|2024-04-02": "0.00",
        },
        total="600.00",
        source="A1-31",
    ),
    Example(
        name="a stage before its turn is not billed",
        terms=_debt_counselling(),
        period=Period.parse("2024"),
        facts=(
            _completed("LK2", "2024-02-01", "1.1"),
            _completed("LK1", "2024-07-01", "2.1"),
        ),
        amounts={"LK2": "0.00", "LK1": "190.00"},
        total="190.00",
        source="A1-31",
    ),
)


def example_facts(terms: ServiceComplexes, day: date) -> tuple[Completion, ...]:
    """Completions that show what the terms come to: a case that completes every stage.

    All on `day`, or when a stage's first price begins; a further case on each day from which a
    later price applies.
    """
    starts = [price.valid_from for stage in terms.stages for price in stage.prices]
    firsts = [min(price.valid_from or day for price in stage.prices) for stage in terms.stages]
    begin = max([day, *firsts])
    days = sorted({begin, *(start for start in starts if start and start > begin)})
    return tuple(
        Completion(stage=stage.key, case=str(case), day=each)
        for case, each in enumerate(days, start=1)
        for stage in terms.stages
    )
