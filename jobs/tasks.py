"""Tasks for the workers, and how a run gets into their queue."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django_tasks import task

from base import database_time
from base.documents import PDF
from contracts.billing import Period
from jobs import runs
from jobs.actions.make_document import make_statement_document
from jobs.models import JobRun, Statement
from jobs.registry import job_named


@task()
def execute(job: str, period: str, scope: str = "", again: bool = False) -> dict:
    """Carry out a run, unless it is done or another process is at it.

    Returns the key of the run and its status; both None when there was nothing to do here.
    """
    run = runs.claim(job, Period.parse(period), scope, holder=runs.new_holder(), again=again)
    if run is None:
        return {"run": None, "status": None}
    runs.carry_out(run)
    return {"run": run.pk, "status": run.status}


@task()
def make_letter(statement: int) -> None:
    """Make the letter of an issued statement, as .docx and PDF, as things stand at its issue.

    Where this fails, whoever asks for the letter makes it then.
    """
    issued = Statement.objects.issued().get(pk=statement)
    make_statement_document(issued)
    make_statement_document(issued, PDF)


def request(
    job: str,
    period: Period,
    scope: str = "",
    *,
    again: bool = False,
    by: AbstractBaseUser | None = None,
) -> bool:
    """Queue a run for the workers; tell whether it was queued. `by` is the person who asked.

    A run that waits, runs or is done already is left alone; `again` repeats a done one. Failed
    runs are always repeated. Raises LookupError for an unknown job.
    """
    job_named(job)
    wanted = [JobRun.Status.FAILED, *([JobRun.Status.DONE] if again else [])]
    # Row and task together: a run that waits has a task that will come for it.
    with transaction.atomic():
        run, made = JobRun.objects.get_or_create(
            job=job,
            period=str(period),
            scope=scope,
            defaults={"heartbeat_at": database_time.now(), "requested_by": by},
        )
        waits = made or JobRun.objects.filter(pk=run.pk, status__in=wanted).update(
            status=JobRun.Status.WAITING, heartbeat_at=database_time.now(), requested_by=by
        )
        if waits:
            execute.enqueue(job=job, period=str(period), scope=scope)
    return bool(waits)
