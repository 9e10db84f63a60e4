"""Check a draft: its facts and its arithmetic are right, says a person."""

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


def check_statement(statement: Statement, *, by, seen: str | None = None) -> Statement:
    """Mark a draft as checked by a person. From here on its lines stay as they are.

    `seen` is the hash of the inputs that the person looked at. Raises ValidationError for another
    status, without lines, when facts have changed, for a job, and for who handed it in again.
    """
    with transaction.atomic(), acting_as(by):
        statement = locked(statement)
        require_status(statement, Statement.Status.DRAFT)
        require_person(by)
        require_seen(statement, seen)
        if statement.resubmitted_by_id == by.pk:
            raise ValidationError(_("Who handed a statement in again may not check it."))
        if not statement.lines.exists() and not statement.instalments:
            raise ValidationError(_("A statement without lines is not issued."))
        require_current(statement)
        statement.status, statement.checked_by = Statement.Status.CHECKED, by
        statement.save()
        record_event(statement, StatementEvent.Kind.CHECKED, at=current_time())
    return statement
