"""The life of a job run: asked for, claimed by one process, carried out, done or failed.

The row of a run decides whether it runs: claiming it is one conditional UPDATE, so of two
processes one gets it. Its contracts are done in batches, each a transaction (`jobs.batches`), so
that what is done stays done when the process is killed, and a repetition goes on from there.
"""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from uuid import getnode, uuid4

from django.db import transaction
from django.db.models import F, Q

from base import database_time
from base.acting import acting_as, system_actor
from contracts.billing import Period
from contracts.models import Contract
from jobs import batches, lease
from jobs.models import JobRun
from jobs.registry import Job, Start, job_named

STALE_AFTER = lease.LOST_AFTER
SHOWN_EVERY = timedelta(seconds=1)
WAITS_SECONDS = 0.1  # until it looks again whether others are done
KEPT_OF_ERRORS = 20_000  # characters

Progress = Callable[[int, int, Contract], None]
"""Called before each contract with its place, how many there are, and the contract."""


class RunLost(Exception):
    """Another process has taken this run over, because this one gave no sign of life."""


def place() -> str:
    """Name where this process runs: one boot of one machine, and one space of process numbers.

    Cloned machines share host name, machine id and often process numbers. What they do not share
    is what the kernel drew when it started; where there is none, the address of the network card.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot, space = f"{getnode():x}", ""
    unique = hashlib.sha256(f"{boot} {space}".encode()).hexdigest()[:16]
    return f"{socket.gethostname()[:60]}/{unique}"


def new_holder() -> str:
    """Return a name for what holds a run or lease: place, process, and something unique."""
    return f"{place()}:{os.getpid()}:{uuid4().hex[:8]}"


def is_dead(holder: str) -> bool:
    """Whether the holder was a process of this very place that is no longer there."""
    where, _colon, rest = holder.partition(":")
    process = rest.partition(":")[0]
    if where != place() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def abandoned(now: datetime) -> Q:
    """Runs whose process has stopped giving signs of life; `now` by the database's clock."""
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALE_AFTER)
    return Q(status=JobRun.Status.RUNNING) & silent


def claim(
    job: str, period: Period, scope: str = "", *, holder: str, again: bool = False
) -> JobRun | None:
    """Take a run for this holder, making it if need be; None when it is not to be had.

    Waiting, failed and abandoned runs can be had; done ones only `again`, by hand.
    """
    run, _made = JobRun.objects.get_or_create(job=job, period=str(period), scope=scope)
    now = database_time.now()
    claimable = Q(status__in=[JobRun.Status.WAITING, JobRun.Status.FAILED]) | abandoned(now)
    if again:
        claimable |= Q(status=JobRun.Status.DONE)
    if run.status == JobRun.Status.RUNNING and is_dead(run.holder):
        claimable |= Q(status=JobRun.Status.RUNNING, holder=run.holder, attempts=run.attempts)
    claimed = JobRun.objects.filter(claimable, pk=run.pk).update(
        status=JobRun.Status.RUNNING,
        attempts=F("attempts") + 1,
        holder=holder,
        heartbeat_at=now,
        started_at=now,
        finished_at=None,
        done=0,
        total=0,
        outcome={},
        error="",
    )
    if not claimed:
        return None
    run.refresh_from_db()
    return run


def carry_out(run: JobRun, progress: Progress | None = None) -> dict:
    """Do the work of a claimed run, with whichever workers help, and return its outcome.

    The outcome names each contract once, under the job's kind, "skipped" or "failed". A contract
    that fails does not stop the others. Whatever stops the run as a whole is recorded and raised;
    `RunLost` is raised when another process has taken it over.
    """
    job, period = job_named(run.job), Period.parse(run.period)
    outcome = {
        "job": run.job,
        "period": run.period,
        "statements": [],
        "reports": [],
        "skipped": [],
        "failed": [],
    }
    try:
        with acting_as(system_actor(run.job)), lease.pulse(partial(_beat, run)):
            start = job.started(period, run.scope or None)
            outcome[job.kind] += start.rows
            outcome["skipped"] += start.skipped
            total = start.others + len(start.contracts)
            _sign_of_life(run, done=start.others, total=total)
            if start.contracts:
                _do_batches(run, job, period, start, progress)
                _sign_of_life(run, done=total)
    except RunLost:
        raise
    except Exception as error:
        _finish(run, outcome, batches.trace(error), in_batches=True)
        raise
    _finish(run, outcome, in_batches=bool(start.contracts))
    return outcome


def _do_batches(
    run: JobRun, job: Job, period: Period, start: Start, progress: Progress | None
) -> None:
    """Do batches until all are done, by this process or by those that help it."""
    batches.lay_out(run, start.contracts, job.at_once)
    places = {contract.pk: place for place, contract in enumerate(start.contracts)}

    def contracts(keys: Sequence[int]) -> Sequence[Contract]:
        found = [start.contracts[places[key]] for key in keys]
        for contract in found if progress else ():
            progress(places[contract.pk] + 1, len(places), contract)
        return found

    doing = batches.Doing(run, job.kind, contracts, job.begin(start.contracts, period))
    invited, shown = batches.invite(run, 0), time.monotonic()
    while (done := batches.do_next(doing)) or batches.are_left(run):
        if not done:
            time.sleep(WAITS_SECONDS)  # others are at what is left; whoever falls silent loses it
        if time.monotonic() - shown >= SHOWN_EVERY.total_seconds():
            _sign_of_life(run, done=start.others + batches.contracts_done(run))
            invited = batches.invite(run, invited)
            shown = time.monotonic()


def _mine(run: JobRun):
    return JobRun.objects.filter(
        pk=run.pk, status=JobRun.Status.RUNNING, holder=run.holder, attempts=run.attempts
    )


def _beat(run: JobRun) -> None:
    _mine(run).update(heartbeat_at=database_time.now())


def _sign_of_life(run: JobRun, **progress) -> None:
    """Record progress. Outside the contracts' transactions: others must see it at once."""
    run.heartbeat_at = database_time.now()
    if not _mine(run).update(heartbeat_at=run.heartbeat_at, **progress):
        raise RunLost(str(run))


def _finish(run: JobRun, outcome: dict, error: str = "", *, in_batches: bool) -> None:
    """End a run, with what came of its batches; it has failed where a contract or all of it has."""
    keys, errors = batches.collect(run, outcome) if in_batches else ([], [])
    for kind in ("statements", "reports", "skipped", "failed"):
        outcome[kind].sort(key=itemgetter("contract"))
    errors += [error] if error else []
    failed = bool(error or outcome["failed"])
    now = database_time.now()
    with transaction.atomic() if keys else nullcontext():
        finished = _mine(run).update(
            status=JobRun.Status.FAILED if failed else JobRun.Status.DONE,
            heartbeat_at=now,
            finished_at=now,
            outcome=outcome,
            error="\n".join(errors)[:KEPT_OF_ERRORS],
        )
        if not finished:
            raise RunLost(str(run))
        if keys:
            batches.forget(keys)
    # Not the outcome: there is much of it, and it is known.
    run.refresh_from_db(fields=["status", "heartbeat_at", "finished_at", "done", "total", "error"])
    run.outcome = outcome
