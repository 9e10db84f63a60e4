"""Exact numbers until they become money, and the one way they become money."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

FLOAT_REFUSED = "money is exact: pass Decimal, Fraction or int, not float"


def exact(value: Decimal | Fraction | int | str) -> Fraction:
    """The same number as a fraction; text may read "62.40" or "20/3". Floats are refused."""
    if isinstance(value, float):
        raise TypeError(FLOAT_REFUSED)
    return Fraction(value)


def lean(value: Decimal | Fraction | int) -> int | Fraction:
    """The same number as an int where it is whole: arithmetic on ints is ten times faster."""
    if type(value) is int:
        return value
    if type(value) is Fraction:
        return value.numerator if value.denominator == 1 else value
    numerator, denominator = _ratio(value)
    return numerator if denominator == 1 else Fraction(numerator, denominator)


@lru_cache(maxsize=4096)
def read_number(text: str) -> int | Fraction:
    """The number a text stands for ("62.40", "20/3"), lean; kept, for rates and caps repeat."""
    return lean(Fraction(text))


def tidy(value: Decimal | Fraction | int) -> Decimal | Fraction:
    """The same number as a Decimal where its decimal places end, as a Fraction otherwise."""
    if isinstance(value, Decimal):
        return value
    numerator, denominator = _ratio(value)
    rest, places = denominator, 0
    for factor in (2, 5):
        power = 0
        while rest % factor == 0:
            rest //= factor
            power += 1
        places = max(places, power)
    if rest != 1:
        return Fraction(numerator, denominator)
    return _decimal(numerator * 10**places // denominator, places)


def round_to(value: Decimal | Fraction | int, places: int) -> Decimal:
    """Round half up (halves away from zero) to decimal places."""
    numerator, denominator = _ratio(value)
    doubled = 2 * abs(numerator) * 10**places
    size = (doubled + denominator) // (2 * denominator)
    return _decimal(size if numerator >= 0 else -size, places)


def to_cents(value: Decimal | Fraction | int) -> Decimal:
    """Round half up to 0.01; negative halves go away from zero, so a reversal mirrors its line."""
    return round_to(value, 2)


def allocate(total: Decimal, weights: Sequence[Decimal | Fraction | int]) -> list[Decimal]:
    """Split whole cents in proportion to the weights so that the parts add up to the total.

    Largest remainder: every part is rounded down to a cent, and the cents left over go to the
    parts that lost most, ties to the earlier one. Raises ValueError when the total is not in
    whole cents, a weight is negative or no weight is positive.
    """
    shares = [exact(weight) for weight in weights]
    whole = sum(shares)
    if any(share < 0 for share in shares) or not whole:
        raise ValueError(f"weights {list(weights)}: none may be negative, one must be positive")
    cents = exact(total) * 100
    if cents.denominator != 1:
        raise ValueError(f"total {total} is not in whole cents")
    ideal = [abs(cents) * share / whole for share in shares]
    parts = [int(value) for value in ideal]
    by_loss = sorted(range(len(parts)), key=lambda place: parts[place] - ideal[place])
    for place in by_loss[: abs(cents.numerator) - sum(parts)]:
        parts[place] += 1
    sign = -1 if cents < 0 else 1
    return [_decimal(sign * part, 2) for part in parts]


def _ratio(value: Decimal | Fraction | int) -> tuple[int, int]:
    if isinstance(value, float):
        raise TypeError(FLOAT_REFUSED)
    return value.as_integer_ratio()


def _decimal(digits: int, places: int) -> Decimal:
    """An int shifted by decimal places: exact for any size that a context could cut short."""
    if -(10**27) < digits < 10**27:
        return Decimal(digits).scaleb(-places)
    sign, figures, _ = Decimal(digits).as_tuple()
    return Decimal((sign, figures, -places))
