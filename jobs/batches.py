"""The batches of a run: some of its contracts each, done by whichever worker is free.

The process that claimed a run lays its batches out, asks other workers to help, does batches as
they do, and ends the run when none is left (`jobs.runs`). Taking a batch is locking its row, in the
transaction that does its work and notes what came of it. So the lock is the lease: it ends with
the transaction, or with the session of a worker that was killed or fell silent
(`config.database.Patience`), and then the batch is there for the next as if nobody had begun it.
SQLite locks no rows; there one process at a time writes, and nobody is asked to help.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django_tasks import task

from base import database_time
from base.acting import acting_as, system_actor
from base.content import Refusal
from base.refusals import refusal_text
from contracts.billing import Period
from contracts.models import Contract
from jobs.lease import living_workers
from jobs.models import JobRun, RunBatch
from jobs.registry import Rows, Skipped, Work, job_named

Contracts = Callable[[Sequence[int]], Sequence[Contract]]
"""Returns the contracts of these keys, in the order of their numbers."""


class Doing(NamedTuple):
    """How batches of a run are done: where their contracts come from, and what does the work."""

    run: JobRun
    kind: str
    contracts: Contracts
    work: Work


class SessionLost(Exception):
    """The server has ended the session in the middle of a batch; nothing of it is stored."""


def lay_out(run: JobRun, contracts: Sequence[Contract], size: int) -> None:
    """Store the batches of a claimed run, so many contracts each."""
    keys = [contract.pk for contract in contracts]
    _store(run.pk, run.attempts, [keys[at : at + size] for at in range(0, len(keys), size)])


def do_next(doing: Doing) -> bool:
    """Do a batch that nobody is at; tell whether there was one. None is there of a lost run.

    Where a contract fails, none of its batch pays for it: each becomes a batch of its own. Once
    more where the session was lost, since nothing was stored then: the server ends that of a
    process that it took for dead, such as one that was stopped for a while.
    """
    try:
        return _take_and_do(doing)
    except SessionLost:
        connection.close()
    return _take_and_do(doing)


def _take_and_do(doing: Doing) -> bool:
    session, batch, contracts = connection.connection, None, ()
    try:
        with transaction.atomic():
            session = connection.connection
            batch = _open(doing.run).select_for_update(skip_locked=True, of=("self",)).first()
            if batch is None:
                return False
            contracts = doing.contracts(batch.contracts)
            outcome = _outcome(doing.kind, contracts, doing.work(contracts))
            RunBatch.objects.filter(pk=batch.pk).update(outcome=outcome)
    except Exception as error:
        if _is_lost(session):
            raise SessionLost(str(error)) from error
        if not contracts:
            raise
        if batch.size > 1:
            _do_each_alone(batch)
        else:
            _note_failure(batch, contracts[0].number, error)
    return True


def _is_lost(session: object) -> bool:
    """Whether the server has ended that session. No kind of error tells: some are those of faults.

    Django connects anew once it could not roll back.
    """
    return connection.connection is not session or not connection.is_usable()


def _open(run: JobRun):
    """The batches that are not done, as long as the run has been claimed by nobody else since."""
    return RunBatch.objects.filter(
        run=run.pk,
        attempt=run.attempts,
        run__status=JobRun.Status.RUNNING,
        run__attempts=run.attempts,
        outcome__isnull=True,
    ).order_by("pk")


def _outcome(kind: str, contracts: Sequence[Contract], made: Sequence[Rows]) -> dict:
    """Enter what came of each contract, once."""
    outcome: dict[str, list] = {kind: [], "skipped": []}
    for contract, rows in zip(contracts, made, strict=True):
        if isinstance(rows, Skipped) or not rows:
            reason = str(rows) if rows else _("nothing to do")
            outcome["skipped"].append({"contract": contract.number, "reason": reason})
        else:
            outcome[kind] += [rows] if isinstance(rows, dict) else rows
    return outcome


def _do_each_alone(batch: RunBatch) -> None:
    with transaction.atomic():
        # Not done by another meanwhile.
        if RunBatch.objects.filter(pk=batch.pk, outcome__isnull=True).delete()[0]:
            _store(batch.run_id, batch.attempt, [[key] for key in batch.contracts])


def _note_failure(batch: RunBatch, number: str, error: Exception) -> None:
    row = {"contract": number, "reason": str(error)}
    noted = {"outcome": {"skipped": [row]}}
    if not isinstance(error, Skipped):
        row["reason"] = _reason(error)
        noted = {"outcome": {"failed": [row]}, "error": f"{number}\n{trace(error)}"}
    RunBatch.objects.filter(pk=batch.pk, outcome__isnull=True).update(**noted)


def _store(run: int, attempt: int, batches: Sequence[Sequence[int]]) -> None:
    RunBatch.objects.bulk_create(
        RunBatch(run_id=run, attempt=attempt, contracts=keys, size=len(keys)) for keys in batches
    )


def are_left(run: JobRun) -> bool:
    """Whether batches of a run are not done, be somebody at them or not."""
    return _open(run).exists()


def contracts_done(run: JobRun) -> int:
    """Return how many contracts of a run's batches are done, by all workers together."""
    done = RunBatch.objects.filter(run=run, attempt=run.attempts, outcome__isnull=False)
    return done.aggregate(all=Sum("size"))["all"] or 0


def collect(run: JobRun, outcome: dict) -> tuple[list[int], list[str]]:
    """Add to an outcome what came of all batches that are done; return their keys and errors.

    In the order of contracts, whoever did which when.
    """
    rows = RunBatch.objects.filter(run=run, attempt=run.attempts, outcome__isnull=False)
    keys, errors = [], []
    for key, made, error in rows.order_by("pk").values_list("pk", "outcome", "error"):
        keys.append(key)
        errors += [error] if error else []
        for kind, each in made.items():
            outcome[kind] += each
    return keys, sorted(errors)


def forget(keys: Sequence[int]) -> None:
    """Remove batches: their run has ended and keeps what came of them, or others do them anew."""
    if keys:
        RunBatch.objects.filter(pk__in=keys).delete()


@transaction.atomic
def forget_left() -> None:
    """Remove what runs left that did not end by themselves, unless somebody is still at it."""
    current = RunBatch.objects.filter(run__status=JobRun.Status.RUNNING, attempt=F("run__attempts"))
    left = RunBatch.objects.exclude(pk__in=current.values("pk")).order_by("pk")
    forget(list(left.select_for_update(skip_locked=True).values_list("pk", flat=True)))


# --- other workers


def invite(run: JobRun, invited: int) -> int:
    """Ask workers that live to help, unless so many were asked; return how many were by now."""
    if not connection.features.has_select_for_update_skip_locked:
        return invited
    own_process = run.holder.rpartition(":")[0] + ":"
    others = living_workers(database_time.now()).exclude(holder__startswith=own_process)
    wanted = min(others.count(), _open(run).count() - 1)
    for _each in range(invited, wanted):
        do_batch.enqueue(run=run.pk)
    return max(invited, wanted)


@task()
def do_batch(run: int) -> bool:
    """Do a batch of a run that another process leads; tell whether there was one.

    Comes again as long as there is, behind whatever else waits by then.
    """
    led = JobRun.objects.filter(pk=run, status=JobRun.Status.RUNNING).first()
    if led is None:
        return False
    job, period = job_named(led.job), Period.parse(led.period)
    doing = Doing(led, job.kind, _by_keys, lambda some: job.begin(some, period)(some))
    with acting_as(system_actor(job.name)):
        done = do_next(doing)
    if done:
        do_batch.enqueue(run=run)
    return done


def _by_keys(keys: Sequence[int]) -> Sequence[Contract]:
    return list(Contract.objects.filter(pk__in=keys).order_by("number"))


# --- errors


def _reason(error: Exception) -> str:
    """An error in one line for people."""
    if isinstance(error, ValidationError | Refusal):
        return refusal_text(error)
    first_line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__


def trace(error: Exception) -> str:
    """Return an error as Python tells it."""
    return "".join(traceback.format_exception(error))
