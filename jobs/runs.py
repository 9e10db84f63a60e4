"""The life of a job run: asked for, claimed by one process, carried out, done or failed.

The row of a run decides whether it runs: claiming it is one conditional UPDATE, so of two
processes one gets it. Some contracts at a time are a transaction, so that what is done stays done
when the process is killed, and a repetition goes on from there.
"""

import hashlib
import os
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path
from uuid import getnode, uuid4

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from base import database_time
from base.acting import acting_as, system_actor
from base.content import Refusal
from contracts.billing import Period
from contracts.models import Contract
from jobs import lease
from jobs.models import JobRun
from jobs.registry import Rows, Skipped, Work, job_named

STALE_AFTER = lease.LOST_AFTER
SHOWN_EVERY = timedelta(seconds=1)
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
    """Do the work of a claimed run, some contracts at a time, and return its outcome.

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
    errors: list[str] = []
    try:
        with acting_as(system_actor(run.job)), lease.pulse(partial(_beat, run)):
            start = job.started(period, run.scope or None)
            contracts, others = start.contracts, start.others
            outcome[job.kind] += start.rows
            outcome["skipped"] += start.skipped
            _sign_of_life(run, done=others, total=others + len(contracts))
            shown = time.monotonic()
            work = job.begin(contracts, period)
            for done in range(0, len(contracts), job.at_once):
                batch = contracts[done : done + job.at_once]
                if progress:
                    for number, contract in enumerate(batch, done + 1):
                        progress(number, len(contracts), contract)
                _do(run, job.kind, work, batch, outcome, errors)
                if time.monotonic() - shown >= SHOWN_EVERY.total_seconds():
                    _sign_of_life(run, done=others + done + len(batch))
                    shown = time.monotonic()
            if contracts:
                _sign_of_life(run, done=others + len(contracts))
            for kind in (job.kind, "skipped"):
                outcome[kind].sort(key=itemgetter("contract"))
    except RunLost:
        raise
    except Exception as error:
        _finish(run, JobRun.Status.FAILED, outcome, [*errors, _trace(error)])
        raise
    failed = bool(outcome["failed"])
    _finish(run, JobRun.Status.FAILED if failed else JobRun.Status.DONE, outcome, errors)
    return outcome


def _do(
    run: JobRun, kind: str, work: Work, batch: Sequence[Contract], outcome: dict, errors: list[str]
) -> None:
    """Do some contracts in one transaction and enter what came of each.

    Where one of them fails, none pays for it: each is done by itself.
    """
    try:
        made = _in_one_transaction(run, work, batch)
    except RunLost:
        raise
    except Exception as error:
        if connection.connection is None:
            raise  # no contract can be done without a database; what was claimed is taken over
        if len(batch) > 1:
            for contract in batch:
                _do(run, kind, work, [contract], outcome, errors)
            return
        number = batch[0].number
        if isinstance(error, Skipped):
            outcome["skipped"].append({"contract": number, "reason": str(error)})
            return
        outcome["failed"].append({"contract": number, "reason": _reason(error)})
        errors.append(f"{number}\n{_trace(error)}")
        return
    for contract, rows in zip(batch, made, strict=True):
        if isinstance(rows, Skipped) or not rows:
            reason = str(rows) if rows else _("nothing to do")
            outcome["skipped"].append({"contract": contract.number, "reason": reason})
        else:
            outcome[kind] += [rows] if isinstance(rows, dict) else rows


def _in_one_transaction(run: JobRun, work: Work, batch: Sequence[Contract]) -> list[Rows]:
    """Do some contracts, once more where the connection was lost: nothing was stored then.

    The server ends the session of a process that it took for dead, such as one that was stopped
    for a while. Whether the run has gone to another is asked each time.
    """
    for again in (True, False):
        try:
            with transaction.atomic():
                _require_held(run)
                return work(batch)
        except (OperationalError, InterfaceError):
            if not (again and connection.connection is None):
                raise
    return []


def _mine(run: JobRun):
    return JobRun.objects.filter(
        pk=run.pk, status=JobRun.Status.RUNNING, holder=run.holder, attempts=run.attempts
    )


def _require_held(run: JobRun) -> None:
    if not _mine(run).exists():
        raise RunLost(str(run))


def _beat(run: JobRun) -> None:
    _mine(run).update(heartbeat_at=database_time.now())


def _sign_of_life(run: JobRun, **progress) -> None:
    """Record progress. Outside the contracts' transactions: others must see it at once."""
    run.heartbeat_at = database_time.now()
    if not _mine(run).update(heartbeat_at=run.heartbeat_at, **progress):
        raise RunLost(str(run))


def _finish(run: JobRun, status: str, outcome: dict, errors: list[str]) -> None:
    now = database_time.now()
    finished = _mine(run).update(
        status=status,
        heartbeat_at=now,
        finished_at=now,
        outcome=outcome,
        error="\n".join(errors)[:KEPT_OF_ERRORS],
    )
    if not finished:
        raise RunLost(str(run))
    # Not the outcome: there is much of it, and it is known.
    run.refresh_from_db(fields=["status", "heartbeat_at", "finished_at", "done", "total", "error"])
    run.outcome = outcome


def _reason(error: Exception) -> str:
    """An error in one line for people."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, Refusal):
        return _(error.template) % error.values
    first_line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error))
