"""Hand a returned statement in again: the provider has added or corrected what was missing."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from jobs.actions.compute_statement import compute_statement, record_event
from jobs.models import Statement, StatementEvent
from jobs.statements.steps import RESUBMIT, locked, require_possible, require_text


def resubmit_statement(statement: Statement, *, by, note: str) -> Statement:
    """Compute a returned statement from the facts as they are now and make it a draft again.

    Where nothing is left to charge it is void. `note` says what was done. Raises ValidationError
    without a note, for another status, a job, and when days of the period are billed in another
    statement meanwhile.
    """
    note = require_text(note, _("Say what was added or corrected."))
    with transaction.atomic(), acting_as(by, reason=note):
        statement = locked(statement)
        require_possible(statement, RESUBMIT, by=by)
        compute_statement(statement.contract, statement.period)
        statement.refresh_from_db()
        record_event(statement, StatementEvent.Kind.RESUBMITTED, at=current_time(), reason=note)
        if statement.is_void:
            return statement
        statement.status, statement.resubmitted_by = Statement.Status.DRAFT, by
        statement.save()
        # An original that was emptied while it was returned waits for nobody any more.
        compute_statement(statement.contract, statement.period)
        statement.refresh_from_db()
    return statement
