"""What a contract can configure about the reimbursement of costs."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from base.content import RefersTo, Refusal, _, labels, listed, require_unique, summary
from contracts.billing.period import Period
from contracts.billing.scheme import Amount, ClauseNumber, Configured, Key, Money, Name, Terms

EarlierPart = Annotated[
    Name, RefersTo("remuneration", within=("components", "stages", "surcharges"))
]


class Actual(Configured):
    """The sum of payroll costs of the kinds named (those marked eligible, D3)."""

    model_config = summary("{label}", title=_("actual costs"))

    type: Literal["actual"] = "actual"
    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Name = Field(title=_("label"), description=_("As it appears in statements."))
    clause: ClauseNumber = Field(
        "",
        title=_("clause"),
        description=_("The clause this rests on; empty: that of the whole remuneration."),
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
    component: EarlierPart | None = Field(
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

    amount: Money = Field(
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
    clause: ClauseNumber = Field(
        "",
        title=_("clause"),
        description=_("The clause this rests on; empty: that of the whole remuneration."),
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

    @property
    def _is_yearly(self) -> bool:
        return any(getattr(component, "minimum", None) for component in self.components)

    def begins_anew(self, whole: Period) -> set[date]:
        """A minimum is agreed per calendar year."""
        years = range(whole.first.year + 1, whole.last.year + 1)
        return {date(year, 1, 1) for year in years} if self._is_yearly else set()

    def opening_from(self, period: Period) -> date | None:
        """The year begun, of which earlier parts were charged before."""
        return period.first.replace(month=1, day=1) if self._is_yearly else None

    def component_keys(self) -> tuple[str, ...]:
        return tuple(component.key for component in self.components)

    def prices(self) -> set[str]:
        return {kind for part in self._actuals() for kind in part.cost_kinds}

    def naming(self, component: str) -> tuple[str, str]:
        named = next(each for each in self.components if each.key == component)
        return named.label, named.clause or self.clause

    def references(self) -> set[str]:
        parts = [part for component in self.components for part in getattr(component, "base", ())]
        return {
            part.component for part in parts if part.component and not self._has(part.component)
        }
