"""What a person is told of a run's outcome: what concerns the contracts they oversee."""

from contracts.models import Contract
from contracts.reach import reach_of
from jobs.models import JobRun, Report, Statement

MADE = {"statements": Statement, "reports": Report}
VIEW = "jobs.view_jobrun"


def sees_whole(run: JobRun, user) -> bool:
    """Whether all contracts of a run are the person's: those of other bodies are not counted."""
    return bool(run.scope) or reach_of(user, VIEW).everything


def progress_for(run: JobRun, user) -> tuple[int, int] | None:
    """Return how many contracts are done, of how many; None where others' would be counted."""
    return (run.done, run.total) if sees_whole(run, user) else None


def share_done(run: JobRun) -> int:
    """Return how far a run is in percent, which counts nobody's contracts."""
    return run.done * 100 // run.total if run.total else 0


def outcome_for(run: JobRun, user) -> dict:
    """Return a run's outcome, narrowed to contracts for which the person may see runs."""
    if sees_whole(run, user) or not run.outcome:
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
