"""What a kind of report has to say about itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.billing import Period
from contracts.models import Contract


class Gathered(Protocol):
    """The facts of one contract's report, as the database gave them."""

    def content(self) -> dict:
        """Return the report's content as JSON: whole numbers, exact numbers as text, dates ISO."""


@dataclass(frozen=True, kw_only=True)
class ReportKind:
    """A kind of report on a contract and period.

    `gather(period, contracts)` asks the database once for all contracts and returns by key what
    each report is made of; contracts not in force in the period are missing from it.
    """

    key: str
    label: str
    gather: Callable[[Period, Sequence[Contract]], Mapping[int, Gathered]]
