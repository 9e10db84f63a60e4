"""The jobs there are, by name. A job is one module, named here once.

A job selects the contracts that are due and does one thing for each of them. When it runs, in
which transactions, and what happens after a failure is not its business (see `jobs.runs`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from typing import Literal

from contracts.billing import Period
from contracts.models import Contract

MODULES = ("jobs.statements", "jobs.reports.job")
"""Modules that hold a job as `JOB`."""

Row = dict
"""What came of one contract, as JSON: "contract" (its number) and whatever the job adds."""

Rows = "Row | list[Row] | Skipped | None"

Work = Callable[[Sequence[Contract]], list[Rows]]
"""Does the work of some contracts and returns what came of each."""

One = Callable[[Contract], Rows]


class Skipped(Exception):
    """Nothing is to be done for a contract; the text says why. What was written is undone."""


@dataclass
class Start:
    """What a run begins with: the contracts to look at, and what there is of all others.

    Of `others` it knows already that nothing has changed: `rows` and `skipped` tell of them what
    the run would.
    """

    contracts: Sequence[Contract]
    rows: list[Row] = field(default_factory=list)
    skipped: list[dict] = field(default_factory=list)
    others: int = 0


@dataclass(frozen=True, kw_only=True)
class Job:
    """Scheduled work on contracts.

    `select(period, scope)` returns the contracts due; scope is the number of the only contract
    wanted, or None, and an unknown number raises LookupError. `start(period, scope)`, where given,
    tells which of these have to be looked at at all. `run_one(contract, period)` does the work in
    the transaction around it and returns its row, or several; None or `Skipped` when there was
    nothing to do. It must be safe to repeat. `prepare(contracts, period)`, where given, computes
    for all contracts at once and returns what then does the work of each. `together(contracts,
    period)`, where given, does the work of several in one transaction, and returns what came of
    each in their order.
    """

    name: str
    label: str
    kind: Literal["statements", "reports"]
    select: Callable[[Period, str | None], Sequence[Contract]]
    run_one: Callable[[Contract, Period], Rows]
    prepare: Callable[[Sequence[Contract], Period], One] | None = None
    together: Callable[[Sequence[Contract], Period], list[Rows]] | None = None
    start: Callable[[Period, str | None], Start] | None = None
    describe: Callable[[Row], str] = lambda row: row["contract"]
    """A row as one line for people."""

    def started(self, period: Period, scope: str | None) -> Start:
        """Return what a run begins with."""
        if self.start:
            return self.start(period, scope)
        return Start(self.select(period, scope))

    def begin(self, contracts: Sequence[Contract], period: Period) -> Work:
        """Return what does the work of some of the contracts: of one, unless `together`."""
        if self.together:
            return lambda some: self.together(some, period)
        one = partial(self.run_one, period=period)
        if self.prepare:
            one = self.prepare(contracts, period)
        return lambda some: [one(contract) for contract in some]


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
