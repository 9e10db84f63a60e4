"""Release what another person has checked (KomHVO NRW § 31)."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from base.acting import acting_as, current_time
from jobs.actions.compute_statement import record_event
from jobs.models import Statement, StatementEvent
from jobs.statements.steps import (
    RELEASE,
    locked,
    require_current,
    require_possible,
    require_seen,
)


def release_statement(
    statement: Statement, *, by, on: date | None = None, seen: str | None = None
) -> Statement:
    """Release a checked statement for payment; `on` is today unless a past is taken over.

    `seen` is the hash of the inputs that the person looked at. Raises ValidationError for another
    status, the person who checked it or handed it in again, a job, and when facts have changed.
    """
    with transaction.atomic(), acting_as(by):
        statement = locked(statement)
        require_possible(statement, RELEASE, by=by)
        require_seen(statement, seen)
        require_current(statement)
        statement.status, statement.released_by = Statement.Status.RELEASED, by
        statement.released_on = on or timezone.localdate()
        statement.save()
        record_event(statement, StatementEvent.Kind.RELEASED, at=current_time())
    return statement
