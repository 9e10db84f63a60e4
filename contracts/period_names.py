"""What periods are called on pages and in documents."""

from base.formats import days
from contracts.billing import Period

MONTHS = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
).split()


def period_name(value: Period) -> str:
    """Return a period by name: März 2024, 1. Quartal 2024, 2. Halbjahr 2024, Jahr 2024."""
    year, month = value.first.year, value.first.month
    names = {
        "year": f"Jahr {year}",
        "half": f"{(month - 1) // 6 + 1}. Halbjahr {year}",
        "quarter": f"{(month - 1) // 3 + 1}. Quartal {year}",
        "month": f"{MONTHS[month - 1]} {year}",
    }
    return names.get(value.cycle) or days(value.first, value.last)
