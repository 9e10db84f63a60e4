"""The general scheme of remuneration: terms and facts in, lines out (decision 4).

A contract's terms are configured instances of the models in this package. Facts are the
quantities a model asks for, at the grain it asks for. Lines are what a statement shows, each with
the inputs from which its amount can be computed again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from base.content import Euros, RefersTo, Refusal, _, listed
from contracts.billing.facts import Case, Fact
from contracts.billing.period import Period

# Keys are joined by "." and "|" in the keys of lines.
Key = Annotated[str, Field(pattern=r"^[^\s.|]+$")]
Name = Annotated[str, Field(min_length=1)]
Amount = Annotated[Decimal, Field(ge=0)]
Money = Annotated[Amount, Euros()]
ClauseNumber = Annotated[str, RefersTo("clauses", by="number")]


class BillingError(Refusal):
    """Terms and facts that cannot be billed.

    Its template says where (`place`: the term and its component), which value, and what is
    allowed.
    """

    def __init__(self, template: str, *, term: str, component: str = "", **values: object):
        place = f"{term}.{component}" if component else term
        super().__init__(template, place=place, **values)


class Configured(BaseModel):
    """Base of everything configured: frozen, and an unknown field is an error.

    `wording` names the fields that are only printed: whatever they say, amounts are the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wording: ClassVar[frozenset[str]] = frozenset({"label", "clause"})

    def agreed_on(self, day: date) -> Any:
        """What is agreed for a day, to compare: without wording, of dated amounts the day's."""
        return {
            name: _agreed(getattr(self, name), day)
            for name in type(self).model_fields
            if name not in self.wording
        }


def _agreed(value: Any, day: date) -> Any:
    if isinstance(value, Configured):
        return value.agreed_on(day)
    if not isinstance(value, tuple):
        return value
    if value and isinstance(value[0], Dated):
        return amount_on(value, day)
    return [_agreed(each, day) for each in value]


def _first_days(value: Any) -> Iterator[date]:
    """The first day of each series of dated amounts that has one, at whatever depth."""
    if isinstance(value, Configured):
        for name in type(value).model_fields:
            yield from _first_days(getattr(value, name))
    elif isinstance(value, tuple) and value and isinstance(value[0], Dated):
        first = min(each.valid_from or date.min for each in value)
        if first > date.min:
            yield first
    elif isinstance(value, tuple):
        for each in value:
            yield from _first_days(each)


class Terms(Configured):
    """One configured term of a contract, resting on one of its clauses.

    Subclasses add `model`, a literal that names the model, and its parameters. `clause` is the
    number of the clause ("§ 4"). Both dates are inclusive, None is open.
    """

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Name = Field(title=_("label"), description=_("As it appears in statements."))
    clause: ClauseNumber = Field("", title=_("clause"), description=_("The clause this rests on."))
    valid_from: date | None = Field(
        None,
        title=_("valid from"),
        description=_("First day; empty: from the beginning of the contract."),
    )
    valid_until: date | None = Field(
        None,
        title=_("valid until"),
        description=_("Last day; empty: as long as the contract runs."),
    )

    # Whether it is valid on a day is asked first.
    wording: ClassVar[frozenset[str]] = Configured.wording | {"valid_from", "valid_until"}

    @model_validator(mode="after")
    def _ends_after_start(self):
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            template = _("valid_until %(until)s lies before valid_from %(start)s")
            raise Refusal(template, until=self.valid_until, start=self.valid_from)
        return self

    def valid_on(self, day: date) -> bool:
        """Whether the term is valid on that day (whatever edition is in force)."""
        starts, ends = self.valid_from or date.min, self.valid_until or date.max
        return starts <= day <= ends

    def boundaries(self) -> set[date]:
        """First days on which anything inside may change."""
        days = {self.valid_from} if self.valid_from else set()
        if self.valid_until and self.valid_until < date.max:
            days.add(self.valid_until + timedelta(days=1))
        return days

    def opening_from(self, period: Period) -> date | None:
        """First day whose facts the opening balance needs.

        None: no look-back; date.min: since the contract began.
        """
        return None

    def begins_anew(self, whole: Period) -> set[date]:
        """Days on which what it agrees on begins anew: a segment never crosses one."""
        return set()

    def prices(self) -> set[str]:
        """Kinds of work, stages or kinds of cost that it pays for, as its facts name them."""
        return set()

    def unpriced_before(self, start: date) -> date | None:
        """The day until which something has no amount though it is valid from `start` on."""
        start = max(start, self.valid_from or start)
        if self.valid_until and self.valid_until < start:
            return None
        firsts = [first for first in _first_days(self) if first > start]
        return max(firsts, default=None)

    def limits(self) -> set[str]:
        """Names of limits that are not its own: all terms that name one draw on it together."""
        return set()

    def balance(self) -> str:
        """Whose balance is carried on: that of its key, unless it belongs to something else."""
        return self.key

    def references(self) -> set[str]:
        """Names ("term" or "term.component") of other terms that have to be computed before it."""
        return set()

    def comes_after(self) -> tuple[str, ...]:
        """Keys of the terms that price the same before it: it prices what they leave over."""
        return ()

    def leaves_over(self) -> bool:
        """Whether it has a limit, so that something can be left for a term after it."""
        return False

    def component_keys(self) -> tuple[str, ...]:
        """Keys of the components its lines can have."""
        return ()

    def naming(self, component: str) -> tuple[str, str]:
        """The label and the clause of a component's lines."""
        return self.label, self.clause


class Dated(Configured):
    """An amount in EUR that applies from a day on (None: from the beginning)."""

    valid_from: date | None = Field(
        None, title=_("valid from"), description=_("Empty: from the beginning.")
    )
    amount: Money = Field(title=_("amount in EUR"), description=_("In euros, for example 62.40."))


def check_dated(amounts: Sequence[Dated]) -> None:
    """Raise Refusal unless there is an amount and no day has two."""
    if not amounts:
        raise Refusal(_("at least one amount is needed"))
    days = [amount.valid_from for amount in amounts]
    if twice := sorted({str(day or "–") for day in days if days.count(day) > 1}):
        raise Refusal(_("two amounts from the same day: %(days)s"), days=listed(twice))


def amount_on(amounts: Sequence[Dated], day: date) -> Decimal | None:
    """The amount with the latest start on or before that day, or None before the first."""
    begun = [amount for amount in amounts if (amount.valid_from or date.min) <= day]
    latest = max(begun, key=lambda amount: amount.valid_from or date.min, default=None)
    return latest and latest.amount


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a statement.

    `key` is stable: the same thing billed again has the same key, so statements can be compared
    line by line. `quantity` and `unbilled` (both in `unit`) are rounded half up to 4 places for
    reading; `amount` in EUR comes from the exact numbers. `rate` is EUR per unit, or a percentage
    where the unit is EUR. From `inputs` (JSON, decimals as text) the model's `explain` computes
    the amount again. `sources` are the versions of the records it rests on.
    """

    key: str
    term: str
    component: str
    label: str
    clause: str
    case: Case | None
    first: date
    last: date
    quantity: Decimal
    unit: str
    rate: Decimal | None
    amount: Decimal
    unbilled: Decimal
    inputs: dict[str, Any]
    sources: str


class Piece(NamedTuple):
    """Days on which one edition is in force, and its terms that are valid then."""

    days: Period
    edition: int
    terms: tuple[Terms, ...]


@dataclass(frozen=True)
class Segment:
    """A stretch of days on which the same is agreed, whichever editions say so.

    `pieces` are its days by edition, at least one. `within` is the period asked for, cut to the
    time in force. `counted` False: before that period, run only for its closing balance.
    `in_force_from` is the first day of the contract.
    """

    period: Period
    pieces: tuple[Piece, ...]
    counted: bool
    in_force_from: date
    within: Period

    @property
    def terms(self) -> tuple[Terms, ...]:
        """What is agreed, in the words of the edition that said it first."""
        return self.pieces[0].terms

    def pieces_of(self, days: Period) -> list[Piece]:
        """The pieces that have one of these days."""
        return [piece for piece in self.pieces if piece.days.cut(days.first, days.last)]


@dataclass(frozen=True)
class Result:
    """What a model made of one segment: lines, balance to carry on, total by component.

    `left` is what its limits left of its facts, at grain EACH, where another term comes after it.
    """

    lines: Sequence[Line]
    closing: Any = None
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    left: Sequence[Fact] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """A worked example: computed by hand, shown to people, and a test.

    The contract begins on `begins` (default: with the period) and has this one term. `amounts`
    gives the expected EUR by component, or by line key; `source` says where the figures are from.
    """

    name: str
    terms: Terms
    period: Period
    facts: tuple[Fact, ...]
    amounts: Mapping[str, str]
    total: str
    source: str
    begins: date | None = None


def line_key(terms: Terms, component: str, case: Case | None, first: date) -> str:
    """The stable key of a line."""
    return f"{terms.key}.{component}|{'' if case is None else case}|{first.isoformat()}"
