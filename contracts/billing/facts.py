"""What models read: work, costs and completions, at the grain they ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from contracts.billing.period import Period

Case = str | int


class Grain(Enum):
    """How finely facts are grouped before they reach a model."""

    RECORD = "record"
    EACH = "each"
    """Equal records of one day."""
    DAY = "day"
    MONTH = "month"
    PERIOD = "period"

    @property
    def of_records(self) -> bool:
        """Whether a row gives the minutes of one record."""
        return self in (Grain.RECORD, Grain.EACH)

    @property
    def of_days(self) -> bool:
        """Whether a row lies on one day."""
        return self in (Grain.DAY, Grain.EACH)


class Facts(Enum):
    """Which facts a model reads."""

    WORK = "work"
    COST = "cost"
    COMPLETION = "completion"


class Attended(NamedTuple):
    """Parts in so many group sessions of these minutes, at this place among who attended."""

    minutes: int
    place: int
    times: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """Work done for a case, as an aggregate of `count` service records.

    `minutes` are their sum; at grains RECORD and EACH rows are grouped by equal minutes instead,
    and `minutes` are those of ONE record. A row lies in one calendar month (at grains DAY and EACH
    on one day). `person` is who the case is about, a key without a name; without it the case.
    `cap_minutes` is what the support plan grants the case for a calendar month, None = no plan;
    `plan_days` are the days of that month on which it does (None: the whole month), and a row lies
    within them. `attended` are the parts in group sessions that are summed up, each with its place:
    how many attended before this case in order, under whatever contract. At grains DAY and EACH a
    row names its `session` instead and is not summed with others; without a `place` only these
    rows attended. `sources` see merge_sources.
    """

    kind: str
    case: Case
    first: date
    last: date
    minutes: int | Fraction
    person: Case | None = None
    participants: int = 1
    counsellors: int = 1
    count: int = 1
    cap_minutes: Decimal | None = None
    plan_days: Period | None = None
    attended: Sequence[Attended] = ()
    session: str = ""
    place: int | None = None
    sources: str = ""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Costs of one kind in EUR, as an aggregate of `count` payroll lines."""

    kind: str
    first: date
    last: date
    amount: Decimal
    count: int = 1
    sources: str = ""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """A stage of a service completed for a case."""

    stage: str
    case: Case
    day: date
    sources: str = ""


Fact = Work | Cost | Completion


def merge_sources(*parts: str) -> str:
    """Join sets of "id.version" tokens (space-separated, in any order) into one, sorted by id.

    No id comes in two versions, so the order of the tokens is that of the numbers they look like.
    """
    return " ".join(sorted(set(" ".join(parts).split()), key=float))


def source_order(token: str) -> tuple[int, ...]:
    """Sort key of one "id.version" token."""
    return tuple(map(int, token.split(".")))
