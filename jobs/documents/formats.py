"""How documents spell periods, accounts and lists, beside the figures of `base.formats`."""

from base.formats import (
    MINUS,
    NO_BREAK,
    NOTHING,
    day,
    days,
    hours,
    iban,
    money,
    number,
    percent,
    price,
)
from contracts.period_names import period_name as period

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
    "price",
    "ranges",
]


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
