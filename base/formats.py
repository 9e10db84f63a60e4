"""Figures as German offices write them (DIN 5008), with spaces that do not break; keys as words."""

from datetime import date
from decimal import Decimal

NO_BREAK = "\u00a0"
MINUS = "\u2212"
NOTHING = "–"


def in_words(key: str) -> str:
    """Return a key of content that has no label of its own for people: Jahressonderzahlung."""
    words = key.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def number(value: Decimal | int | str, *, least: int = 0, most: int = 4) -> str:
    """Return a number with at least and at most so many decimal places: 7,25 or 1.234,5.

    Never rounds: raises ValueError where more than `most` places are needed.
    """
    exact = Decimal(value)
    whole, _, places = f"{abs(exact):,.{most}f}".partition(".")
    if Decimal(f"{whole.replace(',', '')}.{places or 0}") != abs(exact):
        raise ValueError(f"{value} has more than {most} decimal places")
    places = places.rstrip("0").ljust(least, "0")
    sign = MINUS if exact < 0 else ""
    return sign + whole.replace(",", ".") + (f",{places}" if places else "")


def money(value: Decimal | str) -> str:
    """Return EUR with two places: 1.234,56 €."""
    return f"{number(value, least=2, most=2)}{NO_BREAK}€"


def percent(value: Decimal | str) -> str:
    """Return a percentage: 12 %."""
    return f"{number(value)}{NO_BREAK}%"


def hours(value: Decimal | str | None) -> str:
    """Return hours with two places or as many as they need: 7,25; a dash where there are none."""
    return NOTHING if value is None else number(value, least=2)


def day(value: date) -> str:
    """Return a day: 31.07.2026."""
    return f"{value:%d.%m.%Y}"


def days(first: date, last: date) -> str:
    """Return a stretch of days: 01.01.2024 bis 31.12.2024, or the one day."""
    return day(first) if first == last else f"{day(first)} bis {day(last)}"
