"""What a contract can configure about an hourly rate."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from contracts.billing.period import Period
from contracts.billing.scheme import (
    Amount,
    Configured,
    Dated,
    Key,
    Name,
    Terms,
    check_dated,
    check_unique,
)

COMPONENT = "work"

Positive = Annotated[Decimal, Field(gt=0)]


class Kind(Configured):
    """A kind of work that is paid; work of other kinds is not selected.

    `share` "participant": every attendee counts the full minutes (one session for each client);
    "staff": the staff's minutes are shared, minutes x counsellors / participants (D13).
    """

    key: Name
    weight: Amount = Decimal(1)
    share: Literal["participant", "staff"] = "participant"


class Rate(Dated):
    """EUR per unit, from a day on."""


class Increment(Configured):
    """Minutes are rounded to multiples of `minutes`: per record, per case and day, or month."""

    minutes: Positive
    mode: Literal["up", "half_up", "down"]
    per: Literal["record", "day", "month"]


class Cap(Configured):
    """The most that is paid per case and calendar month or year.

    "support_plan": what the plan grants for the month (no plan: nothing is paid); "fixed":
    `quantity` units. Months come first come, first served.
    """

    source: Literal["support_plan", "fixed"]
    per: Literal["month", "year"] = "month"
    quantity: Amount | None = None

    @model_validator(mode="after")
    def _has_one_source(self):
        if (self.source == "fixed") != (self.quantity is not None):
            raise ValueError("a fixed cap needs a quantity, a support plan brings its own")
        if self.source == "support_plan" and self.per != "month":
            raise ValueError("a support plan grants minutes per month; allowed: per month")
        return self


class Surcharge(Configured):
    """A percentage on each line's amount; a line of its own."""

    key: Key
    label: Name
    percent: Amount


Stage = Literal["weight", "increment", "cap"]


class HourlyRate(Terms):
    """A rate per unit of work done for a case.

    `order` says how weighting, rounding to increments and capping follow each other.
    """

    model: Literal["hourly_rate"] = "hourly_rate"
    unit_label: Name = "h"
    unit_minutes: Positive = Decimal(60)
    kinds: tuple[Kind, ...] = Field(min_length=1)
    rates: tuple[Rate, ...]
    increment: Increment | None = None
    cap: Cap | None = None
    surcharges: tuple[Surcharge, ...] = ()
    order: tuple[Stage, Stage, Stage] = ("weight", "increment", "cap")

    @model_validator(mode="after")
    def _fits_together(self):
        check_unique("kind of work", [kind.key for kind in self.kinds])
        check_unique("component key", self.component_keys())
        check_unique("stage of the order", self.order)
        check_dated(self.rates)
        if not self.cap:
            return self
        if self.comes_first("cap", "increment") and self.increment:
            if self.increment.per != "month":
                raise ValueError("a cap is per case: rounding per record or day comes before it")
        if self.comes_first("cap", "weight") and len({kind.weight for kind in self.kinds}) > 1:
            raise ValueError("a cap before weights that differ leaves open what exceeds it")
        return self

    def comes_first(self, stage: Stage, other: Stage) -> bool:
        """Whether one stage of the order stands before another."""
        return self.order.index(stage) < self.order.index(other)

    def boundaries(self) -> set[date]:
        return super().boundaries() | {rate.valid_from for rate in self.rates if rate.valid_from}

    def opening_from(self, period: Period) -> date | None:
        """The month (year) begun, where an earlier part of it uses up the cap or its rounding."""
        if self.cap and self.cap.per == "year":
            return period.first.replace(month=1, day=1)
        if self.cap or (self.increment and self.increment.per == "month"):
            return period.first.replace(day=1)
        return None

    def component_keys(self) -> tuple[str, ...]:
        return (COMPONENT, *(surcharge.key for surcharge in self.surcharges))
