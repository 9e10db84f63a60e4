"""Release what another person has checked (KomHVO NRW § 31)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from jobs.actions.compute_statement import record_event
from jobs.actions.conditions import (
    locked,
    require_current,
    require_person,
    require_seen,
    require_status,
)
from jobs.models import Statement, StatementEvent


def release_statement(statement: Statement, *, by, seen: str | None = None) -> Statement:
    """Release a checked statement for payment.

    `seen` is the hash of the inputs that the person looked at. Raises ValidationError for another
    status, the person who checked it or handed it in again, a job, and when facts have changed.
    """
    with transaction.atomic(), acting_as(by):
        statement = locked(statement)
        require_status(statement, Statement.Status.CHECKED)
        require_person(by)
        require_seen(statement, seen)
        if statement.checked_by_id == by.pk:
            raise ValidationError(_("Who checked a statement may not release it."))
        if statement.resubmitted_by_id == by.pk:
            raise ValidationError(_("Who handed a statement in again may not release it."))
        require_current(statement)
        statement.status, statement.released_by = Statement.Status.RELEASED, by
        statement.save()
        record_event(statement, StatementEvent.Kind.RELEASED, at=current_time())
    return statement
