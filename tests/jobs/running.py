"""The work of runs, without their rows: of one for a period, and of one for a contract alone."""

from contracts.billing import Period
from contracts.models import Contract
from forms.quantities import ContractFacts, grounds_of
from jobs.actions.compute_statement import Computation, computation, segments_of
from jobs.registry import Job, Rows, Skipped
from jobs.statements.job import JOB


def run_one(contract: Contract, period: Period, job: Job = JOB) -> Rows:
    """Do it and return what came of it; raise `Skipped` where there was nothing to do."""
    start = job.started(period, contract.number)
    (made,) = job.begin(start.contracts, period)(start.contracts)
    if isinstance(made, Skipped):
        raise made
    return made


def run(period: Period) -> list[str]:
    """Do what a run of statements for a period does; return the contracts it looked at."""
    start = JOB.started(period, None)
    if start.contracts:
        JOB.begin(start.contracts, period)(start.contracts)
    return [contract.number for contract in start.contracts]


def told(period: Period) -> list[str]:
    """Return the contracts that a run of statements for a period tells of."""
    start = JOB.started(period, None)
    rows = (*start.rows, *start.skipped)
    return sorted({*(each.number for each in start.contracts), *(row["contract"] for row in rows)})


def compute_afresh(contract: Contract, period: Period) -> Computation | None:
    """Compute a period from the facts as they are; None where the contract is not in force."""
    ground = grounds_of([contract])[contract.pk]
    run = segments_of(ground, period)
    return computation(period, run, ground, ContractFacts(contract, ground)) if run else None
