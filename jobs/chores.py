"""Upkeep that knows no period: management commands that the workers carry out every so often.

What one time leaves, the next finds. So each must be safe to repeat. Since there is always one
soon, a worker's silence shows too (see `jobs.health`).
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core.management import call_command
from django_tasks import task

from base.acting import acting_as, system_actor
from base.queue import waiting


@dataclass(frozen=True)
class Chore:
    """A management command, and how long after one time the next comes."""

    command: str
    every: timedelta


CHORES = (
    Chore("publish_due", timedelta(minutes=5)),  # content that is to appear on a day
    Chore("clearsessions", timedelta(days=1)),
    Chore("send_mails", timedelta(minutes=5)),  # those a mail server did not take before
    Chore("send_overviews", timedelta(hours=1)),  # to each person once a working day
    Chore("prune_db_task_results", timedelta(days=1)),
    Chore("forget_sent_forms", timedelta(days=1)),
    Chore("forget_follow_ups", timedelta(days=1)),
    Chore("spot_check", timedelta(days=1)),  # may a mark have been forgotten?
    Chore("follow_descriptions", timedelta(hours=1)),  # an edition has begun to apply
    Chore("follow_deadlines", timedelta(days=1)),  # a day has come, a contract was amended
)


SOON = timedelta(hours=1)


def next_comes_soon(command: str) -> bool:
    """Whether the next time makes up for one that a killed worker left, or there is none."""
    return all(chore.every <= SOON for chore in CHORES if chore.command == command)


@task()
def carry_out(command: str) -> None:
    """Do a chore, as a job of that name."""
    with acting_as(system_actor(command)):
        call_command(command)


def queue(chore: Chore) -> bool:
    """Queue a chore for the workers, unless it waits there already; tell whether it was queued."""
    if waiting(carry_out, command=chore.command).count:
        return False
    carry_out.enqueue(command=chore.command)
    return True
