"""What a contract can configure about an hourly rate."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from base.content import RefersTo, Refusal, _, labels, require_unique, summary
from contracts.billing.period import Period
from contracts.billing.scheme import (
    Amount,
    Configured,
    Dated,
    Key,
    Money,
    Name,
    Terms,
    check_dated,
)
from contracts.billing.support_plan import PlanChange

COMPONENT = "work"

Positive = Annotated[Decimal, Field(gt=0)]


class PricedKind(Configured):
    """A kind of work that is paid; work of other kinds is not selected.

    `share` "participant": every attendee counts the full minutes (one session for each client);
    "staff": the staff's minutes are shared, minutes x counsellors / participants (D13).
    """

    model_config = summary("{key}", title=_("kind of work paid"))

    key: Annotated[Name, RefersTo("kinds_of_work")] = Field(
        title=_("kind of work"), description=_("One of the contract's kinds of work.")
    )
    weight: Amount = Field(Decimal(1), title=_("weight"), description=_("1 counts it in full."))
    share: Literal["participant", "staff"] = Field(
        "participant",
        title=_("in a group"),
        description=_("How minutes count where several take part."),
        **labels(
            participant=_("each participant the whole time"),
            staff=_("the staff's time, shared among all"),
        ),
    )


class Rate(Dated):
    """EUR per unit, from a day on."""

    model_config = summary("{valid_from} {amount}", title=_("rate"))


class Increment(Configured):
    """Minutes are rounded to multiples of `minutes`: per record, per case and day, or month."""

    model_config = summary("{minutes}", title=_("rounding"))

    minutes: Positive = Field(
        title=_("minutes"), description=_("For example 15 for quarters of an hour.")
    )
    mode: Literal["up", "half_up", "down"] = Field(
        title=_("rounded"),
        description=_("In which direction minutes are rounded."),
        **labels(up=_("up"), half_up=_("half up"), down=_("down")),
    )
    per: Literal["record", "day", "month"] = Field(
        title=_("for each"),
        description=_("What is rounded as a whole."),
        **labels(record=_("record"), day=_("case and day"), month=_("case and month")),
    )


class Cap(Configured):
    """The most that is paid per case and calendar month or year.

    "support_plan": what the plan grants for the month (days without a plan: nothing is paid), one
    balance for all terms it caps; "fixed": `quantity` units. First come, first served.
    `plan_change` says how a month is read in which the plan begins, changes or ends (D42).
    """

    model_config = summary("{source}", title=_("cap"))

    source: Literal["support_plan", "fixed"] = Field(
        title=_("determined by"),
        description=_("Where the greatest quantity comes from."),
        **labels(support_plan=_("the support plan"), fixed=_("a fixed quantity")),
    )
    per: Literal["month", "year"] = Field(
        "month",
        title=_("for each"),
        description=_("For which stretch of time it counts."),
        **labels(month=_("month"), year=_("year")),
    )
    quantity: Amount | None = Field(
        None,
        title=_("quantity"),
        description=_("Units a case; empty where the support plan gives it."),
    )
    plan_change: PlanChange = Field(
        "by_days",
        title=_("plan changed inside a month"),
        description=_("How a month counts in which the support plan begins, changes or ends."),
        **labels(
            by_days=_("each plan for its days of the month"),
            plan_of_day=_("the plan of the day, one account a month"),
        ),
    )

    @model_validator(mode="after")
    def _has_one_source(self):
        if (self.source == "fixed") != (self.quantity is not None):
            raise Refusal(_("a fixed cap needs a quantity, a support plan brings its own"))
        if self.source == "support_plan" and self.per != "month":
            raise Refusal(_("a support plan grants minutes per month; allowed: per month"))
        return self


class PersonLimit(Configured):
    """The most that is paid for one person, in all cases the person has under the contract.

    Either `quantity` units or an `amount` in EUR (without surcharges), in a calendar month, a
    calendar year or altogether. What was worked first uses it first.
    """

    model_config = summary("{per}", title=_("limit per person"))

    quantity: Amount | None = Field(
        None,
        title=_("quantity"),
        description=_("Units a person; empty where the limit is an amount."),
    )
    amount: Money | None = Field(
        None,
        title=_("amount in EUR"),
        description=_("Euros a person, without surcharges; empty where it is a quantity."),
    )
    per: Literal["month", "year", "contract"] = Field(
        title=_("for each"),
        description=_("For which stretch of time it counts."),
        **labels(month=_("month"), year=_("year"), contract=_("the whole contract")),
    )

    @model_validator(mode="after")
    def _is_one_measure(self):
        if (self.quantity is None) == (self.amount is None):
            raise Refusal(_("a limit per person is either a quantity or an amount"))
        return self


class Surcharge(Configured):
    """A percentage on each line's amount; a line of its own."""

    model_config = summary("{label} {percent} %", title=_("surcharge"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Name = Field(title=_("label"), description=_("As it appears in statements."))
    percent: Amount = Field(
        title=_("percent"), description=_("Of the amount of each line, for example 10.")
    )


Stage = Literal["weight", "increment", "cap"]


class HourlyRate(Terms):
    """A rate per unit of work done for a case.

    `order` says how weighting, rounding to increments and capping follow each other.
    """

    model_config = summary("{label}", title=_("hourly rate"))

    wording: ClassVar[frozenset[str]] = Terms.wording | {"unit_label"}

    model: Literal["hourly_rate"] = "hourly_rate"
    unit_label: Name = Field(
        "h",
        title=_("unit"),
        description=_("Stands behind quantities in statements, for example h."),
    )
    unit_minutes: Positive = Field(
        Decimal(60), title=_("minutes of a unit"), description=_("60 for an hour.")
    )
    kinds: tuple[PricedKind, ...] = Field(
        min_length=1,
        title=_("kinds of work paid"),
        description=_("Which kinds of work are paid; others are recorded, but not billed."),
    )
    rates: tuple[Rate, ...] = Field(
        title=_("rates"),
        description=_("The rate and the day from which it applies; a later one takes its place."),
    )
    increment: Increment | None = Field(
        None,
        title=_("rounding of minutes"),
        description=_("Leave out where minutes are billed as they are."),
    )
    cap: Cap | None = Field(
        None,
        title=_("cap"),
        description=_("The most that is paid for a case; leave out where there is none."),
    )
    person_limit: PersonLimit | None = Field(
        None,
        title=_("limit per person"),
        description=_(
            "The most that is paid for one person, whatever cases the person has under the "
            "contract; leave out where there is none."
        ),
    )
    after: tuple[Annotated[Key, RefersTo("remuneration")], ...] = Field(
        (),
        title=_("comes after"),
        description=_(
            "Earlier remunerations of the same work that come first: this one pays what their "
            "caps leave over."
        ),
    )
    surcharges: tuple[Surcharge, ...] = Field(
        (), title=_("surcharges"), description=_("Percentages added as lines of their own.")
    )
    order: tuple[Stage, Stage, Stage] = Field(
        ("weight", "increment", "cap"),
        title=_("order of computation"),
        description=_("In which order quantities are weighted, rounded and capped."),
        **labels(weight=_("weight"), increment=_("round"), cap=_("cap")),
    )

    @model_validator(mode="after")
    def _fits_together(self):
        require_unique([kind.key for kind in self.kinds], "kinds")
        require_unique(self.component_keys(), "surcharges")
        require_unique(self.order, "order")
        require_unique(self.after, "after")
        check_dated(self.rates)
        if self.person_limit and self.person_limit.amount is not None and self.order[-1] != "cap":
            raise Refusal(_("a limit in EUR is what is left to pay: the cap comes last"))
        if not self.leaves_over():
            return self
        if self.comes_first("cap", "increment") and self.increment:
            if self.increment.per != "month":
                raise Refusal(_("a cap is per case: rounding per record or day comes before it"))
        if self.comes_first("cap", "weight") and len({kind.weight for kind in self.kinds}) > 1:
            raise Refusal(_("a cap before weights that differ leaves open what exceeds it"))
        return self

    def comes_first(self, stage: Stage, other: Stage) -> bool:
        """Whether one stage of the order stands before another."""
        return self.order.index(stage) < self.order.index(other)

    def boundaries(self) -> set[date]:
        return super().boundaries() | {rate.valid_from for rate in self.rates if rate.valid_from}

    def opening_from(self, period: Period) -> date | None:
        """The month (year) begun, where an earlier part of it uses up the cap or its rounding.

        What a person may have altogether is used since the contract began.
        """
        spans = {limit.per for limit in (self.cap, self.person_limit) if limit}
        if "contract" in spans:
            return date.min
        if "year" in spans:
            return period.first.replace(month=1, day=1)
        if spans or (self.increment and self.increment.per == "month"):
            return period.first.replace(day=1)
        return None

    def prices(self) -> set[str]:
        return {kind.key for kind in self.kinds}

    def comes_after(self) -> tuple[str, ...]:
        return self.after

    def leaves_over(self) -> bool:
        return self.cap is not None or self.person_limit is not None

    def references(self) -> set[str]:
        return set(self.after)

    def limits(self) -> set[str]:
        """A support plan is granted once, whichever terms draw on it."""
        return {"support_plan"} if self.cap and self.cap.source == "support_plan" else set()

    def naming(self, component: str) -> tuple[str, str]:
        labels = {each.key: each.label for each in self.surcharges}
        return labels.get(component, self.label), self.clause

    def component_keys(self) -> tuple[str, ...]:
        return (COMPONENT, *(surcharge.key for surcharge in self.surcharges))
