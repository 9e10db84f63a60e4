"""Figures as German offices write them (DIN 5008), with spaces that do not break; keys as words."""

from datetime import date, datetime, time
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
    given = Decimal(value)
    size = given.copy_abs()  # abs() would round to the digits of the context
    whole, _, places = f"{size:,.{most}f}".partition(".")
    if Decimal(f"{whole.replace(',', '')}.{places or 0}") != size:
        raise ValueError(f"{value} has more than {most} decimal places")
    places = places.rstrip("0").ljust(least, "0")
    sign = MINUS if given < 0 else ""
    return sign + whole.replace(",", ".") + (f",{places}" if places else "")


def counted(value: Decimal | int) -> int:
    """Return what decides between singular and plural: 1 Stunde, 1,5 Stunden, 0 Stunden."""
    return 1 if value == 1 else 2


def exact(value: Decimal | int, *, least: int = 0) -> str:
    """Return a number with all decimal places that say something, and at least so many."""
    return number(value, least=least, most=max(4, least, -Decimal(value).as_tuple().exponent))


def typed(value: Decimal | float) -> str:
    """Return a number as it is typed, without points: 1234,5."""
    return f"{Decimal(str(value)):f}".replace(".", ",")


def money(value: Decimal | str) -> str:
    """Return EUR with two places: 1.234,56 €."""
    return f"{number(value, least=2, most=2)}{NO_BREAK}€"


def price(value: Decimal | str) -> str:
    """Return EUR for one unit, with two places or as many as it needs: 62,40 €."""
    return f"{number(value, least=2)}{NO_BREAK}€"


def percent(value: Decimal | str) -> str:
    """Return a percentage: 12 %."""
    return f"{number(value)}{NO_BREAK}%"


def hours(value: Decimal | str | None) -> str:
    """Return hours with two places or as many as they need: 7,25; a dash where there are none."""
    return NOTHING if value is None else number(value, least=2)


def day(value: date) -> str:
    """Return a day: 31.07.2026."""
    return f"{value:%d.%m.%Y}"


def clock(value: time) -> str:
    """Return a time of day: 09:30."""
    return f"{value:%H:%M}"


def moment(value: datetime) -> str:
    """Return day and time, as local as they are given: 31.07.2026 14:30."""
    return f"{day(value)} {clock(value)}"


def days(first: date, last: date) -> str:
    """Return a stretch of days: 01.01.2024 bis 31.12.2024, or the one day."""
    return day(first) if first == last else f"{day(first)} bis {day(last)}"


def iban(value: str) -> str:
    """Return an IBAN in groups of four."""
    plain = "".join(value.split())
    return NO_BREAK.join(plain[start : start + 4] for start in range(0, len(plain), 4))
