"""The steps by which an amount arises: taken when computing, kept when explaining."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from contracts.billing.money import lean, tidy, to_cents

Number = Decimal | Fraction | int


def _ratio(value, divisor):
    if type(value) is int and type(divisor) is int:
        return Fraction(value, divisor) if value % divisor else value // divisor
    return Fraction(value) / divisor


# Every operand arrives as int or Fraction.
OPERATIONS: Mapping[str, Callable[..., Number]] = {
    "sum": lambda *values: sum(values),
    "difference": operator.sub,
    "product": operator.mul,
    "quotient": _ratio,
    "percent": lambda value, percent: _ratio(value * percent, 100),
    "maximum": max,
    "minimum": min,
    "round_up": lambda value, step: -(-value // step) * step,
    "round_down": lambda value, step: value // step * step,
    "round_half_up": lambda value, step: (2 * value + step) // (2 * step) * step,
    "round_cents": to_cents,
}


FACTS = "facts"
"""What a step is about whose operands are the facts' own amounts: some may see only the sum."""

MINIMUM = "minimum"
"""What a step is about that raises a percentage to the minimum agreed."""


@dataclass(frozen=True)
class Step:
    """One operation on the way to an amount.

    `rule` is a short English phrase, used as a translation id and for nothing else; what others
    have to know a step by is what it is `about`. Numbers are Decimal where their decimal places
    end and Fraction where they do not (a third of an hour). The roundings other than
    "round_cents" take the value and the multiple to round to.
    """

    rule: str
    operation: str
    operands: tuple[Decimal | Fraction, ...]
    result: Decimal | Fraction
    about: str = ""


def evaluate(step: Step) -> Decimal | Fraction:
    """Compute the result of a step again from its operation and operands."""
    return tidy(OPERATIONS[step.operation](*map(lean, step.operands)))


class Course:
    """Takes the steps of a calculation; keeps them only if asked to explain.

    Calculating and explaining run the same code with the same operations, so an explanation
    cannot drift from the amount it explains.
    """

    def __init__(self, *, explain: bool = False):
        self.steps: list[Step] | None = [] if explain else None

    def take(self, rule: str, operation: str, *operands: Number, about: str = "") -> Number:
        """Apply an operation; the result is exact, an int where it is whole."""
        result = OPERATIONS[operation](*map(lean, operands))
        if self.steps is not None:
            given = tuple(map(tidy, operands))
            self.steps.append(Step(rule, operation, given, tidy(result), about))
        return result

    def cents(self, amount: Number) -> Decimal:
        """The amount as money: the last step, unless parts of a whole take off the others."""
        return self.take("rounded half up to cents", "round_cents", amount)

    def less(self, rule: str, amount: Decimal, other: Decimal) -> Decimal:
        """Money less money."""
        return to_cents(self.take(rule, "difference", amount, other))
