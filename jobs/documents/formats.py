"""Figures as German finance offices write them (DIN 5008), with spaces that do not break."""

from datetime import date
from decimal import Decimal

from contracts.billing import Period

NO_BREAK = "\u00a0"
MINUS = "\u2212"
NOTHING = "–"

MONTHS = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
).split()


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


def period(value: Period) -> str:
    """Return a period by name: März 2024, 1. Quartal 2024, 2. Halbjahr 2024, Jahr 2024."""
    year, month = value.first.year, value.first.month
    names = {
        "year": f"Jahr {year}",
        "half": f"{(month - 1) // 6 + 1}. Halbjahr {year}",
        "quarter": f"{(month - 1) // 3 + 1}. Quartal {year}",
        "month": f"{MONTHS[month - 1]} {year}",
    }
    return names.get(value.cycle) or days(value.first, value.last)


def iban(value: str) -> str:
    """Return an IBAN in groups of four."""
    plain = "".join(value.split())
    return NO_BREAK.join(plain[start : start + 4] for start in range(0, len(plain), 4))


def listed(values: list[str]) -> str:
    """Return an enumeration: a, b und c."""
    *others, last = values or [""]
    return f"{', '.join(others)} und {last}" if others else last


def ranges(numbers: list[int]) -> str:
    """Return sorted numbers in short: 1–3, 7."""
    found: list[list[int]] = []
    for value in numbers:
        if found and value == found[-1][-1] + 1:
            found[-1].append(value)
        else:
            found.append([value])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in found)
