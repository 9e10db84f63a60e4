"""The jobs there are, by name. A job is one module, named here once.

A job selects the contracts that are due and does one thing for each of them. When it runs, in
which transactions, and what happens after a failure is not its business (see `jobs.runs`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Literal

from contracts.billing import Period
from contracts.models import Contract

MODULES = ("jobs.statements.job", "jobs.reports.job")
"""Modules that hold a job as `JOB`."""

Row = dict
"""What came of one contract, as JSON: "contract" (its number) and whatever the job adds."""

Rows = "Row | list[Row] | Skipped | None"

Work = Callable[[Sequence[Contract]], list[Rows]]
"""Does the work of some contracts, in the transaction around it; returns what came of each, in
their order: its row, or several; None or `Skipped` where there was nothing to do. It must be safe
to repeat."""


class Skipped(Exception):
    """Nothing is to be done for a contract; the text says why. Where raised, all is undone."""


@dataclass
class Start:
    """What a run begins with: the contracts to look at, and what there is of all others.

    Of the `others` it knows already that nothing has changed: `rows` and `skipped` tell of them
    what the run would.
    """

    contracts: Sequence[Contract]
    rows: list[Row] = field(default_factory=list)
    skipped: list[dict] = field(default_factory=list)

    @property
    def others(self) -> int:
        """How many contracts need not be looked at."""
        return len({each["contract"] for each in (*self.rows, *self.skipped)})


@dataclass(frozen=True, kw_only=True)
class Job:
    """Scheduled work on contracts.

    `select(period, scope)` returns the contracts due; scope is the number of the only contract
    wanted, or None, and an unknown number raises LookupError. `start(period, scope)`, where given,
    tells which of these have to be looked at at all. `begin(contracts, period)` makes ready for
    all of them and returns what then does the work of some, `at_once` in one transaction; for some
    alone it comes to the same, so that other workers can help.
    """

    name: str
    label: str
    kind: Literal["statements", "reports"]
    select: Callable[[Period, str | None], Sequence[Contract]]
    begin: Callable[[Sequence[Contract], Period], Work]
    at_once: int = 1
    start: Callable[[Period, str | None], Start] | None = None
    describe: Callable[[Row], str] = lambda row: row["contract"]
    """A row as one line for people."""

    def started(self, period: Period, scope: str | None) -> Start:
        """Return what a run begins with."""
        if self.start:
            return self.start(period, scope)
        return Start(self.select(period, scope))


@cache
def jobs() -> dict[str, Job]:
    """Return all jobs by name."""
    found = [import_module(module).JOB for module in MODULES]
    return {job.name: job for job in found}


def job_named(name: str) -> Job:
    """Return a job. Raises LookupError naming the jobs there are."""
    if name not in jobs():
        raise LookupError(f"there is no job {name!r}; there are: {', '.join(jobs())}")
    return jobs()[name]
