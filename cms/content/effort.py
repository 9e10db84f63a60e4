"""Effort in a module catalogue: what it is counted in, how much, and what is added on a condition.

Quantities are what a catalogue says about effort; prices are the contract's business.
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from base.content import Content, Key, Line, Refusal, _, labels, summary
from cms.content.keys import UnitKey


class Unit(Content):
    """What effort is counted in, with its length: E-Stunde 60, Gruppensitzung 90 (D12)."""

    model_config = summary("{label}", title=_("unit"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("As people read it, for example Einzelstunde.")
    )
    short: Line = Field(
        title=_("abbreviation"), description=_("Stands behind figures, for example E-Std.")
    )
    minutes: int = Field(
        ge=1,
        le=1440,
        title=_("minutes"),
        description=_("Length of one unit; hours are computed with it."),
    )
    setting: Literal["individual", "group"] = Field(
        "individual",
        title=_("setting"),
        description=_("Whether one client or a group takes part."),
        **labels(individual=_("individual"), group=_("in a group")),
    )


class Quantity(Content):
    """Effort in one unit: exactly 7, 2 to 6, or up to 7 (minimum 0)."""

    model_config = summary("{minimum}–{maximum} {unit}", title=_("quantity"))

    unit: UnitKey = Field(title=_("unit"), description=_("One of the units of this catalogue."))
    minimum: Decimal = Field(
        ge=0, max_digits=8, decimal_places=2, title=_("minimum"), description=_("0 for “up to”.")
    )
    maximum: Decimal = Field(
        ge=0,
        max_digits=8,
        decimal_places=2,
        title=_("maximum"),
        description=_("Equal to the minimum where exactly so much is meant."),
    )

    @model_validator(mode="after")
    def _ordered(self):
        if self.maximum < self.minimum:
            raise Refusal(
                _("maximum %(maximum)s is less than minimum %(minimum)s"),
                maximum=self.maximum,
                minimum=self.minimum,
            )
        return self


class Extra(Content):
    """Effort added where a condition on the case holds: (+3) for first-time participants."""

    model_config = summary("{quantity} {unit}: {label}", title=_("extra"))

    unit: UnitKey = Field(title=_("unit"), description=_("One of the units of this catalogue."))
    quantity: Decimal = Field(
        gt=0,
        max_digits=8,
        decimal_places=2,
        title=_("quantity"),
        description=_("How much is added, for example 3."),
    )
    condition: Key = Field(
        title=_("condition (key)"),
        description=_("Answered on the case, for example first-time-participant."),
    )
    label: Line = Field(
        title=_("condition"), description=_("The condition in words, as it is printed.")
    )
