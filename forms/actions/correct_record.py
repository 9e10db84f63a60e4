"""Correct what was recorded, or withdraw it, with the group session it is part of.

The version before stays as it was.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.facts import Fact, change, change_together
from forms.actions.follow_deadlines import follow_deadlines
from forms.models import Case, RecordReason, ServiceRecord


def correct_record(
    record: ServiceRecord,
    *,
    by,
    version: int,
    chosen_reason: RecordReason | None = None,
    reason: str = "",
    answered: bool = False,
    **values,
) -> ServiceRecord:
    """Change one record, as it was when somebody opened it; `reason` is a note to the one chosen.

    What a whole group session has in common (day, kind, module, length, counsellors) changes for
    all who attended. `answered` says that this is no repeat of a like record. Raises
    ValidationError where somebody else was faster, without a reason or a change, and for what the
    rules refuse.
    """
    with transaction.atomic(), acting_as(by):
        current = _current(record, version)
        current.answered = answered
        why = {"chosen_reason": chosen_reason, "reason": reason}
        if not current.session:
            changed = [change(current, **why, **values)]
        else:
            others = _others(current)
            for other in others:
                other.answered = answered
            changed = change_together([(each, values) for each in (current, *others)], **why)
        follow_deadlines(each.case_id for each in changed)
        return next((each for each in changed if each.pk == current.pk), current)


def withdraw_record(
    record: ServiceRecord,
    *,
    by,
    version: int,
    chosen_reason: RecordReason | None = None,
    reason: str = "",
    whole_session: bool = False,
) -> ServiceRecord:
    """Withdraw a record, as it was when somebody opened it.

    Of a group session either the whole, or one who did not attend: the others were one fewer.
    """
    with transaction.atomic(), acting_as(by):
        current = _current(record, version)
        others = _others(current) if current.session else []
        gone = {"status": Fact.Status.WITHDRAWN}
        # Others may have attended of whom no record is kept here.
        fewer = {"participants": max(len(others), current.participants - 1)}
        changes = [(other, gone if whole_session else fewer) for other in others]
        why = {"chosen_reason": chosen_reason, "reason": reason}
        withdrawn = change_together([(current, gone), *changes], **why)
        follow_deadlines(each.case_id for each in withdrawn)
        return withdrawn[0]


def _current(record: ServiceRecord, version: int) -> ServiceRecord:
    """Return the record as it is stored now, locked; refuse where it is not what was opened."""
    _cases_of(record).lock()
    current = ServiceRecord.objects.select_for_update().get(pk=record.pk)
    if current.version != version:
        raise ValidationError(
            _("Somebody else has changed this record meanwhile. Please look at it again."),
            code="stale",
        )
    return current


def _cases_of(record: ServiceRecord) -> QuerySet:
    """Return the record's case, or those of all who attended the same group session."""
    if not record.session:
        return Case.objects.filter(pk=record.case_id)
    attended = _same_session(record).order_by().values("case")
    return Case.objects.filter(pk__in=attended)


def _same_session(record: ServiceRecord) -> QuerySet:
    """Return the records of a group session: sessions are named by the provider's staff."""
    return ServiceRecord.objects.filter(
        session=record.session, contract__provider=record.contract.provider_id
    )


def _others(record: ServiceRecord) -> list[ServiceRecord]:
    """Return the other counting records of the same group session, locked."""
    same = _same_session(record).select_for_update(of=("self",)).counting()
    return list(same.exclude(pk=record.pk).order_by("pk"))
