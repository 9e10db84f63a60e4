"""What people decide about a deadline: its day, an extension, that it is done or not needed.

The commissioning side decides about all deadlines of its cases, a provider about what it has to do
itself. Whatever can be read from the case is read from it: nobody ticks off what a form meets.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base import formats
from base.acting import acting_as
from cms.content.standard import Standard
from contracts.reach import is_member
from forms.actions.follow_deadlines import follow_deadlines
from forms.models import Case, Deadline
from forms.standards import rule_of, standard_of


def extend_deadline(deadline: Deadline, *, by, until: date, reason: str) -> Deadline:
    """Give more time, or another day where that was agreed on; `until` counts from now on.

    Raises ValidationError without a reason, for what has ended or has no day yet, and for a day
    before the rule's own.
    """
    with transaction.atomic():
        row, _standard = _open(deadline, by)
        _require_reason(reason)
        if row.due_on is None:
            raise ValidationError(_("No day is agreed on yet that could be extended."))
        if row.ruled_on and until <= row.ruled_on:
            raise _refused(
                "until", _("Without an extension it is due on %(day)s already."), row.ruled_on
            )
        _require_after_start(row, until, "until")
        if until == row.due_on:
            raise ValidationError({"until": _("Nothing has changed.")})
        row.extended_to = until
        return _stored(row, by, reason)


def take_back_extension(deadline: Deadline, *, by, reason: str) -> Deadline:
    """Let a deadline count again as if nobody had extended it, or agreed on a day for it.

    Its rule decides again; one without a rule waits for a day to be agreed on. Raises
    ValidationError without a reason, for what has ended, and where there is nothing to take back.
    """
    with transaction.atomic():
        row, _standard = _open(deadline, by)
        _require_reason(reason)
        if row.extended_to is None:
            raise ValidationError(_("Nobody extended this deadline: it follows its rule."))
        row.extended_to = None
        return _stored(row, by, reason)


def agree_day(deadline: Deadline, *, by, until: date, reason: str = "") -> Deadline:
    """Set the day of a deadline that is agreed for each case.

    Raises ValidationError for one that follows a rule or has its day already, and for a day before
    it begins.
    """
    with transaction.atomic():
        row, standard = _open(deadline, by)
        if rule_of(standard):
            raise ValidationError(_("The day of this deadline follows from a rule: extend it."))
        if row.extended_to:
            raise ValidationError(_("A day is agreed on already: extend it."))
        _require_after_start(row, until, "until")
        row.extended_to = until
        return _stored(row, by, reason)


def enter_event(deadline: Deadline, *, by, on: date, reason: str = "") -> Deadline:
    """Say on which day a document was received, from which its deadline counts.

    Also of one that a form or a record has met: it is met still, or to be done again, as the new
    day has it. Raises ValidationError for deadlines that count from what the case says itself, for
    days to come or before the case, and without a reason where another day was entered before, or
    the deadline was met.
    """
    with transaction.atomic():
        row, _standard = _locked(deadline)
        _require_side(row, by)
        if row.starts != Deadline.Event.DOCUMENT_RECEIVED:
            raise ValidationError(_("This deadline counts from what the case says itself."))
        if not Deadline.objects.awaiting_receipt().filter(pk=row.pk).exists():
            raise ValidationError(_("This deadline has ended; reopen it first."))
        if row.started_on is not None or row.state != Deadline.State.OPEN:
            _require_reason(reason)
        if on == row.started_on:
            raise ValidationError({"on": _("Nothing has changed.")})
        if on < row.case.assigned_on:
            raise _refused("on", _("The case was assigned on %(day)s."), row.case.assigned_on)
        if on > timezone.localdate():
            raise ValidationError({"on": _("This day is still to come.")})
        row.started_on = on
        return _stored(row, by, reason)


def finish_deadline(deadline: Deadline, *, by, on: date, reason: str = "") -> Deadline:
    """Say that a deadline is met, where no event says so by itself.

    Raises ValidationError where an event does, and for days to come or before it begins.
    """
    with transaction.atomic():
        row, standard = _open(deadline, by)
        if standard.fulfilled_by:
            raise ValidationError(_("This is done as soon as it stands in the case."))
        _require_after_start(row, on, "on")
        if on > timezone.localdate():
            raise ValidationError({"on": _("This day is still to come.")})
        row.end(Deadline.State.DONE, Deadline.Ending.PERSON, on)
        return _stored(row, by, reason)


def drop_deadline(deadline: Deadline, *, by, reason: str) -> Deadline:
    """Say that a deadline is not needed in this case. Raises ValidationError without a reason."""
    with transaction.atomic():
        row, _standard = _open(deadline, by)
        _require_reason(reason)
        row.end(Deadline.State.DROPPED, Deadline.Ending.PERSON, timezone.localdate())
        return _stored(row, by, reason)


def reopen_deadline(deadline: Deadline, *, by, reason: str) -> Deadline:
    """Take back that somebody ended a deadline. Raises ValidationError without a reason."""
    with transaction.atomic():
        row, _standard = _locked(deadline)
        _require_side(row, by)
        _require_reason(reason)
        if not row.is_decided:
            raise ValidationError(_("Nobody ended this deadline: it follows the case."))
        row.reopen()
        return _stored(row, by, reason)


def take_over_decision(
    deadline: Deadline,
    *,
    by,
    started_on: date | None = None,
    extended_to: date | None = None,
    ended: str = "",
    ended_on: date | None = None,
    reason: str = "",
) -> Deadline:
    """Store what was decided about a deadline as files bring it, whoever brings them.

    A deadline that is not stored yet is stored with it: its event does not count any more.
    """
    with transaction.atomic():
        if deadline.pk is None:
            with acting_as(by):
                deadline.save()
        row, _standard = _locked(deadline)
        if started_on:
            row.started_on = started_on
        row.extended_to = extended_to
        if ended:
            row.end(ended, Deadline.Ending.PERSON, ended_on)
        return _stored(row, by, reason)


def _locked(deadline: Deadline) -> tuple[Deadline, Standard]:
    Case.objects.filter(pk=deadline.case_id).lock()
    rows = Deadline.objects.select_for_update(of=("self",))
    row = rows.select_related("case", "standard__edition").get(pk=deadline.pk)
    return row, standard_of(row.standard)


def _open(deadline: Deadline, by) -> tuple[Deadline, Standard]:
    row, standard = _locked(deadline)
    _require_side(row, by)
    if row.state != Deadline.State.OPEN:
        raise ValidationError(_("This deadline has ended; reopen it first."))
    return row, standard


def _require_side(row: Deadline, by) -> None:
    if is_member(by) and not Deadline.objects.changeable_by(by).filter(pk=row.pk).exists():
        raise ValidationError(
            _("%(side)s has to do this: only they and the commissioning body decide about it."),
            params={"side": row.get_side_display()},
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("A reason is needed.")})


def _require_after_start(row: Deadline, day: date, name: str) -> None:
    begins = row.started_on or row.case.assigned_on
    if day < begins:
        raise _refused(name, _("It counts from %(day)s on."), begins)


def _refused(name: str, message, day: date) -> ValidationError:
    params = {"day": formats.day(day)}
    return ValidationError({name: ValidationError(message, params=params)})


def _stored(row: Deadline, by, reason: str) -> Deadline:
    row.reason = reason.strip()
    row.settle_due()
    with acting_as(by, reason=row.reason):
        row.full_clean()
        row.save()
        follow_deadlines([row.case_id])
    row.refresh_from_db()
    return row
