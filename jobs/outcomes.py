"""What a person is told of a run's outcome: what concerns the contracts they oversee."""

from contracts.models import Contract
from contracts.models.organisation import reach_of
from jobs.models import JobRun, Report, Statement

MADE = {"statements": Statement, "reports": Report}
VIEW = "jobs.view_jobrun"


def outcome_for(run: JobRun, user) -> dict:
    """Return a run's outcome, narrowed to contracts for which the person may see runs."""
    if reach_of(user, VIEW).everything or not run.outcome:
        return run.outcome
    told = dict(run.outcome)
    for kind, model in MADE.items():
        rows = told.get(kind, ())
        keys = [row["id"] for row in rows if isinstance(row, dict)]
        own = set(
            model.objects.visible_to(user, VIEW).filter(pk__in=keys).values_list("pk", flat=True)
        )
        told[kind] = [row for row in rows if isinstance(row, dict) and row["id"] in own]
    for kind in ("skipped", "failed"):
        rows = told.get(kind, ())
        numbers = [row["contract"] for row in rows]
        contracts = Contract.objects.visible_to(user, VIEW).filter(number__in=numbers)
        own = set(contracts.values_list("number", flat=True))
        told[kind] = [row for row in rows if row["contract"] in own]
    return told
