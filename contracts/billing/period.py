"""Periods of whole days: what a statement or report is about."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
EXAMPLES = ("2024-03", "2024-Q1", "2024-H1", "2024", "2024-01-15..2024-02-20")
FORMS = f"{', '.join(EXAMPLES[:-1])} or {EXAMPLES[-1]}"

# name -> (months it lasts, how its number follows the year)
CYCLES = {"year": (12, ""), "half": (6, "-H{}"), "quarter": (3, "-Q{}"), "month": (1, "-{:02}")}

_NAMED = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<letter>[QH]?)(?P<number>[0-9]{1,2}))?", re.ASCII)
_RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)


@dataclass(frozen=True, order=True)
class Period:
    """From the first to the last day, both inclusive. Raises ValueError when they are swapped."""

    first: date
    last: date

    def __post_init__(self):
        if self.last < self.first:
            raise ValueError(f"period {self.first}..{self.last} ends before it starts")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read a period by name; raises ValueError naming the text and the forms allowed."""
        try:
            if found := _RANGE.fullmatch(text):
                return cls(*map(date.fromisoformat, found.groups()))
            if found := _NAMED.fullmatch(text):
                return cls._named(text, **found.groupdict())
        except ValueError as error:
            raise ValueError(f"{text!r} is no period: {error} (allowed: {FORMS})") from error
        raise ValueError(f"{text!r} is no period (allowed: {FORMS})")

    @classmethod
    def _named(cls, text, year, letter, number) -> "Period":
        cycle = {None: "year", "": "month", "Q": "quarter", "H": "half"}[letter]
        length, _ = CYCLES[cycle]
        place = int(number or 1)
        period = cls._starting(int(year), 1 + (place - 1) * length, length)
        # "2024-3" would name March a second way
        if str(period) != text:
            raise ValueError(f"there is no {cycle} of that name")
        return period

    @classmethod
    def _starting(cls, year: int, month: int, length: int) -> "Period":
        end = month + length - 1
        last_day = date(year, end, monthrange(year, end)[1]) if 1 <= end <= 12 else None
        if last_day is None:
            raise ValueError(f"a year has months 1 to 12, not {end}")
        return cls(date(year, month, 1), last_day)

    @classmethod
    def month_of(cls, day: date) -> "Period":
        """The calendar month a day lies in."""
        return cls._starting(day.year, day.month, 1)

    def __str__(self) -> str:
        cycle = self.cycle
        if cycle is None:
            return f"{self.first.isoformat()}..{self.last.isoformat()}"
        length, number = CYCLES[cycle]
        return f"{self.first.year:04}" + number.format((self.first.month - 1) // length + 1)

    @property
    def cycle(self) -> str | None:
        """The calendar cycle this period is one of: "month", "quarter", "half", "year"."""
        for cycle, (length, _) in CYCLES.items():
            starts_one = self.first.day == 1 and (self.first.month - 1) % length == 0
            if starts_one and self == self._starting(self.first.year, self.first.month, length):
                return cycle
        return None

    @property
    def days(self) -> int:
        """How many days it lasts."""
        return (self.last - self.first).days + 1

    def contains(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day <= self.last

    def cut(self, first: date | None = None, last: date | None = None) -> "Period | None":
        """The part from `first` to `last` (None: open), or None when nothing is left."""
        start = self.first if first is None else max(self.first, first)
        end = self.last if last is None else min(self.last, last)
        return Period(start, end) if start <= end else None

    def months(self) -> list["Period"]:
        """Its calendar months, the outer ones cut to it."""
        months, day = [], self.first
        while True:
            month = self.month_of(day)
            months.append(month.cut(self.first, self.last))
            if month.last >= self.last:
                return months
            day = month.last + ONE_DAY
