"""The work of one contract, as a run for it alone does it."""

from contracts.billing import Period
from contracts.models import Contract
from jobs.registry import Job, Rows, Skipped
from jobs.statements import JOB


def run_one(contract: Contract, period: Period, job: Job = JOB) -> Rows:
    """Do it and return what came of it; raise `Skipped` where there was nothing to do."""
    start = job.started(period, contract.number)
    (made,) = job.begin(start.contracts, period)(start.contracts)
    if isinstance(made, Skipped):
        raise made
    return made
