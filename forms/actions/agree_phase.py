"""Agree on a gated phase of a case's catalogue, or take the agreement back (A1-53)."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from forms.models import Case, PhaseAgreement, ServiceRecord
from forms.phases import gated_phases, records_in


def agree_phase(
    *, by, case: Case, phase: str, agreed_on: date, note: str = "", reason: str = ""
) -> PhaseAgreement:
    """Record that a gated phase was agreed on; from that day on its modules are booked.

    A phase that is agreed on already gets the other day or note, with a reason. Raises
    ValidationError for a phase that needs no agreement, for days to come or on which the case
    does not run, and where records would lose the agreement they rest on.
    """
    with transaction.atomic():
        Case.objects.filter(pk=case.pk).lock()
        _require_running(case, agreed_on)
        label = _label_of(case, phase)
        row = case.phase_agreements.filter(phase=phase).first()
        if row is None:
            row = PhaseAgreement(case=case, phase=phase)
        elif (row.agreed_on, row.note) == (agreed_on, note):
            raise ValidationError(_("Nothing has changed."))
        elif not reason.strip():
            message = _("%(phase)s is agreed on since %(day)s; to change that needs a reason.")
            params = {"phase": label, "day": row.agreed_on}
            raise ValidationError({"reason": ValidationError(message, params=params)})
        elif agreed_on > row.agreed_on:
            _require_unused(row, before=agreed_on)
        row.agreed_on, row.note = agreed_on, note
        with acting_as(by, reason=reason.strip()):
            row.full_clean()
            row.save()
    return row


def withdraw_phase(agreement: PhaseAgreement, *, by, reason: str) -> None:
    """Take an agreement back: the phase is as if it was never agreed on; history keeps it.

    Raises ValidationError without a reason, and while records rest on the agreement.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Withdrawing an agreement needs a reason.")})
    with transaction.atomic(), acting_as(by, reason=reason.strip()):
        Case.objects.filter(pk=agreement.case_id).lock()
        row = PhaseAgreement.objects.filter(pk=agreement.pk).first()
        if row is None:
            raise ValidationError(_("This agreement was withdrawn already."))
        _require_unused(row)
        row.delete()


def _require_running(case: Case, day: date) -> None:
    closed = case.closed_since(day)
    if closed and closed < day:
        message = _("The case is closed since %(day)s.")
        raise ValidationError({"agreed_on": ValidationError(message, params={"day": closed})})


def _label_of(case: Case, phase: str) -> str:
    gated = {each.key: each.label for each in gated_phases(case)}
    if phase not in gated:
        raise ValidationError(
            _("Case %(case)s: %(phase)s needs no agreement; allowed: %(allowed)s."),
            params={"case": case.number, "phase": phase, "allowed": ", ".join(gated) or "–"},
        )
    return gated[phase]


def _require_unused(agreement: PhaseAgreement, *, before: date | None = None) -> None:
    """Refuse where records rest on an agreement; with a day, those that lie before it."""
    case = agreement.case
    resting = records_in(case, agreement.phase).filter(day__gte=agreement.agreed_on)
    if before is not None:
        resting = resting.filter(day__lt=before)
    first: ServiceRecord | None = resting.order_by("day", "reference").first()
    if first is None:
        return
    raise ValidationError(
        _("The record of %(day)s (%(reference)s) rests on the agreement of %(agreed)s."),
        params={"day": first.day, "reference": first.reference, "agreed": agreement.agreed_on},
    )
