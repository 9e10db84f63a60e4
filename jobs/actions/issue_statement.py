"""Check a statement, return it, issue it: by two persons, numbered once, frozen for good."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as, current_time
from base.editions import seal_of
from base.models.counter import next_number
from contracts.models import Contract
from jobs.actions.compute_statement import compute_statement, hash_of, record_event
from jobs.models import Statement, StatementEvent


def check_statement(statement: Statement, *, by) -> Statement:
    """Mark a draft as checked by a person. From here on its lines stay as they are."""
    with transaction.atomic(), acting_as(by):
        statement = _locked(statement)
        _require(statement, Statement.Status.DRAFT)
        if not statement.lines.exists() and not statement.instalments:
            raise ValidationError(_("A statement without lines is not issued."))
        _require_current(statement)
        statement.status, statement.checked_by = Statement.Status.CHECKED, by
        statement.save()
        record_event(statement, StatementEvent.Kind.CHECKED, at=current_time())
    return statement


def return_statement(statement: Statement, *, by, reason: str) -> Statement:
    """Send a checked statement back, with the reason."""
    if not reason.strip():
        raise ValidationError(_("Returning a statement needs a reason."))
    with transaction.atomic(), acting_as(by, reason=reason):
        statement = _locked(statement)
        _require(statement, Statement.Status.CHECKED)
        statement.status, statement.checked_by = Statement.Status.DRAFT, None
        statement.save()
        record_event(statement, StatementEvent.Kind.RETURNED, at=current_time(), reason=reason)
    return statement


def issue_statement(statement: Statement, *, by, on: date | None = None) -> Statement:
    """Give a checked statement its number and freeze it; `on` is today unless given.

    Raises ValidationError when it was not checked, was checked by the same person, or when what
    it rests on has changed since.
    """
    with transaction.atomic(), acting_as(by):
        statement = _locked(statement)
        _require(statement, Statement.Status.CHECKED)
        if statement.checked_by_id == by.pk:
            raise ValidationError(_("Who checked a statement may not issue it."))
        _require_current(statement)
        statement.issued_on = on or timezone.localdate()
        statement.issued_by = by
        statement.number = _number(statement)
        statement.status = Statement.Status.ISSUED
        statement.seal = seal_of(statement.sealed())
        statement.save()
        record_event(statement, StatementEvent.Kind.ISSUED, at=current_time())
    return statement


def _locked(statement: Statement) -> Statement:
    # The contract first, as the computation does: two locks in one order never wait for each other.
    Contract.objects.select_for_update(of=("self",)).get(pk=statement.contract_id)
    return Statement.objects.select_for_update(of=("self",)).get(pk=statement.pk)


def _require(statement: Statement, status: str) -> None:
    if statement.status != status:
        raise ValidationError(
            _("Statement %(statement)s is %(status)s."),
            params={"statement": statement, "status": statement.get_status_display()},
        )


def _require_current(statement: Statement) -> None:
    """Refuse when today's computation differs, or the lines were tampered with."""
    lines = list(statement.lines.order_by("position"))
    if hash_of(lines, statement.instalments) != statement.inputs_hash:
        raise ValidationError(
            _("The lines of statement %(statement)s are not those that were computed."),
            params={"statement": statement},
        )
    with transaction.atomic():
        _current, changed = compute_statement(statement.contract, statement.period)
        transaction.set_rollback(True)
    if changed:
        raise ValidationError(
            _("What statement %(statement)s rests on has changed: compute it again."),
            params={"statement": statement},
        )


def _number(statement: Statement) -> str:
    """Return the next number of the provider's series of the year, without gaps."""
    provider, year = statement.contract.provider, statement.issued_on.year
    count = next_number(scope=provider.key, kind="statement", year=year)
    return f"{provider.series}-{year}-{count:04d}"
