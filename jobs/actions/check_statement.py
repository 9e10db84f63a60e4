"""Check a draft: its facts and its arithmetic are right, says a person."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from jobs.actions.compute_statement import record_event
from jobs.models import Statement, StatementEvent
from jobs.statements.steps import (
    CHECK,
    locked,
    require_current,
    require_possible,
    require_seen,
)


def check_statement(statement: Statement, *, by, seen: str | None = None) -> Statement:
    """Mark a draft as checked by a person. From here on its lines stay as they are.

    `seen` is the hash of the inputs that the person looked at. Raises ValidationError for another
    status, without lines, when facts have changed, for a job, and for who handed it in again.
    """
    with transaction.atomic(), acting_as(by):
        statement = locked(statement)
        require_possible(statement, CHECK, by=by)
        require_seen(statement, seen)
        if not statement.lines.exists() and not statement.instalments:
            raise ValidationError(_("A statement without lines is not issued."))
        require_current(statement)
        statement.status, statement.checked_by = Statement.Status.CHECKED, by
        statement.save()
        record_event(statement, StatementEvent.Kind.CHECKED, at=current_time())
    return statement
