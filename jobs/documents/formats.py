"""How documents spell periods, accounts and lists, beside the figures of `base.formats`."""

from base.formats import MINUS, NO_BREAK, NOTHING, day, days, hours, money, number, percent
from contracts.billing import Period

__all__ = [
    "MINUS",
    "NO_BREAK",
    "NOTHING",
    "day",
    "days",
    "hours",
    "iban",
    "listed",
    "money",
    "number",
    "percent",
    "period",
    "ranges",
]

MONTHS = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
).split()


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
