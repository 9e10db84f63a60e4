"""What figures for those who steer are made of: how many, how much, and which rows these are.

An app registers its figures like all it adds to the workspace (`base.workspace.registry`). Each
says what it counts, as of which day, and leads to the list that shows exactly these rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from base.formats import money, number
from base.workspace.registry import Item, Text, registry

PERIOD = "period"
NARROWINGS = frozenset({PERIOD, "body", "provider", "team"})
"""What figures can be narrowed by: days, and rows that filters of lists have these names for."""

SEES = "contracts.view_figures"


@dataclass(frozen=True)
class Narrowing:
    """Which figures are asked for: days from–until, and keys of rows by the name of a filter.

    `first` and `last` are meant by figures of a time; others are as of `today`.
    """

    first: date
    last: date
    today: date
    keys: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def this_year(cls, today: date) -> "Narrowing":
        """Return what is asked for where nobody says otherwise: the calendar year of a day."""
        return cls(date(today.year, 1, 1), date(today.year, 12, 31), today)

    def address(self, page: str, **query) -> str:
        """Return the address of a list, narrowed alike; what is None or empty stays out."""
        wanted = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{reverse(page)}?{urlencode({**self.keys, **wanted})}"

    def at(self, name: str, key: int) -> "Narrowing":
        """Return this one narrowed to a row as well."""
        return Narrowing(self.first, self.last, self.today, {**self.keys, name: key})


@dataclass(frozen=True)
class Measured:
    """A number, and the list of its rows: as many as it says, or coming to what it says.

    `remark` stands beside it: what it is compared with. `whole` is what it is a part of, `text`
    how it is spelled where that is neither a count nor an amount in EUR.
    """

    value: int | Decimal | None
    url: str = ""
    remark: Text = ""
    text: Text = ""

    def __str__(self) -> str:
        if self.text or self.value is None:
            return str(self.text or "–")
        return money(self.value) if isinstance(self.value, Decimal) else number(self.value)


@dataclass(frozen=True)
class Line:
    """A line of a breakdown: what it is about, and a number for each column."""

    label: Text
    cells: Sequence[Measured]


@dataclass(frozen=True, kw_only=True)
class Told(Item):
    """A figure or a breakdown.

    `definition` says what is counted, as of when; `room` is the heading it stands under.
    `narrowed_by` names of `NARROWINGS` what counts here: what leaves out something that somebody
    narrowed by is not shown, as it would be of more than that.
    """

    definition: Text
    room: Text
    permission: str = SEES
    narrowed_by: frozenset[str] = NARROWINGS

    def fits(self, narrowing: Narrowing) -> bool:
        """Whether it can be told for what is asked for."""
        return self.narrowed_by >= set(narrowing.keys)


@dataclass(frozen=True, kw_only=True)
class Figure(Told):
    """One number. `measure(user, narrowing)` counts rows that the person may see."""

    measure: Callable[[Any, Narrowing], Measured]
    at_home: bool = False
    """Whether it stands on the home page of those who see figures."""


@dataclass(frozen=True, kw_only=True)
class Breakdown(Told):
    """A table with a number for each of several things, and a chart of some of its columns.

    `find(user, narrowing)` returns its lines, in order, at most as many as one reads. `head` is
    the heading of what they are about; `drawn` says which columns the chart shows.
    """

    head: Text
    columns: Sequence[Text]
    find: Callable[[Any, Narrowing], Sequence[Line]]
    drawn: Sequence[int] = (0,)
    empty: Text = ""
    """What is said where there are no lines; without it nothing is shown then."""


def at_home(user, today: date) -> list[tuple[Figure, Measured]]:
    """Return the figures of a person's home page, of this year."""
    narrowing = Narrowing.this_year(today)
    return [
        (figure, figure.measure(user, narrowing))
        for figure in registry.of(Figure, user)
        if figure.at_home
    ]
