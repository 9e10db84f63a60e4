"""Issue a statement: numbered once, frozen for good."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from base.ends import require_past
from base.models.counter import next_number
from base.seals import seal_of
from contracts.models import ClosedYear
from jobs.actions.compute_statement import record_event
from jobs.models import Statement, StatementEvent
from jobs.statements.steps import (
    ISSUE,
    locked,
    require_current,
    require_possible,
    require_seen,
)


def issue_statement(
    statement: Statement, *, by, on: date | None = None, seen: str | None = None
) -> Statement:
    """Give a released statement its number and freeze it; `on` is today unless given.

    Who released it may issue it, who checked it may not. Raises ValidationError for another
    status, for that person, for a job, when what it rests on has changed since, and for a day
    before its release, to come, or in a year that finance has closed (D47).
    """
    with transaction.atomic(), acting_as(by):
        statement = locked(statement)
        require_possible(statement, ISSUE, by=by)
        require_seen(statement, seen)
        require_current(statement)
        statement.issued_on = on or timezone.localdate()
        _require_possible_day(statement)
        statement.issued_by = by
        statement.number = _number(statement)
        statement.status = Statement.Status.ISSUED
        statement.seal = seal_of(statement.sealed())
        statement.save()
        record_event(statement, StatementEvent.Kind.ISSUED, at=current_time())
    return statement


def _require_possible_day(statement: Statement) -> None:
    """Raise ValidationError for a day of issue that cannot be."""
    day, released = statement.issued_on, statement.released_on
    try:
        if released is not None and day < released:
            raise ValidationError(
                _("A statement is not issued before its release on %(day)s."),
                params={"day": released},
            )
        require_past(day)
        ClosedYear.objects.require_open(statement.contract.commissioning_body_id, day)
    except ValidationError as refused:
        raise ValidationError({"on": refused}) from refused


def _number(statement: Statement) -> str:
    """Return the next number of the provider's series of the year, without gaps."""
    provider, year = statement.contract.provider, statement.issued_on.year
    count = next_number(scope=provider.key, kind="statement", year=year)
    return f"{provider.series}-{year}-{count:04d}"
