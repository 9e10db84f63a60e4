"""Return a statement to the provider: something is missing or wrong."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from jobs.actions.compute_statement import record_event
from jobs.models import Statement, StatementEvent
from jobs.statements.steps import RETURN, locked, require_possible, require_text


def return_statement(statement: Statement, *, by, reason: str) -> Statement:
    """Send a statement that is not issued back to the provider, with the reason.

    Its lines follow the facts again until it is handed in again. Raises ValidationError without a
    reason, for one that is too long, a job, and what is issued or returned already.
    """
    reason = require_text(reason, _("Returning a statement needs a reason."))
    with transaction.atomic(), acting_as(by, reason=reason):
        statement = locked(statement)
        require_possible(statement, RETURN, by=by)
        statement.status = Statement.Status.RETURNED
        statement.checked_by = statement.released_by = statement.resubmitted_by = None
        statement.released_on = None
        statement.save()
        record_event(statement, StatementEvent.Kind.RETURNED, at=current_time(), reason=reason)
    return statement
