"""Deadlines on the page of their case: how each stands, why until then, what can be decided."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forms.due import ending_of, reasons_of, standing_of
from forms.models import Case, Deadline
from forms.standards import rule_of, standard_of
from forms.views.deadlines import marked
from forms.views.shared import today


@dataclass(frozen=True)
class Shown:
    """A deadline on the page of its case: how it stands, why until then, what can be done."""

    row: Deadline
    badge: SafeString
    why: list[tuple[date, str]]
    ending: str
    agreed: bool
    does: list[tuple[str, str]]
    """What a person may decide: label and address."""


def deadlines_of_case(request: HttpRequest, case: Case) -> dict:
    """Return what the panel shows: what is open, due first, then what has ended."""
    rows = list(
        case.deadlines.select_related("standard__edition", "case").order_by(
            *Deadline._meta.ordering
        )
    )
    for row in rows:
        row.case = case
    mine = set(
        Deadline.objects.changeable_by(request.user).filter(case=case).values_list("pk", flat=True)
    )
    why, day = reasons_of(rows), today()
    shown = [
        Shown(
            row,
            marked(standing_of(row, day)),
            why[row.pk],
            ending_of(row),
            rule_of(standard_of(row.standard)) is None,
            _decisions(row) if row.pk in mine else [],
        )
        for row in rows
    ]
    is_open = Deadline.State.OPEN
    return {
        "open": [each for each in shown if each.row.state == is_open],
        "ended": [each for each in shown if each.row.state != is_open],
    }


def deadlines_shown(case: Case) -> list[tuple[Deadline, SafeString]]:
    """Return what is to be done in a case, due first, each with how it stands."""
    rows = case.deadlines.open().select_related("standard").order_by(*Deadline._meta.ordering)
    return [(row, marked(standing_of(row, today()))) for row in rows]


def _decisions(row: Deadline) -> list[tuple[str, str]]:
    """Return what can be decided about a deadline as it is."""
    standard = standard_of(row.standard)
    if row.state != Deadline.State.OPEN:
        return _of_ended(row)
    found = []
    if row.starts == Deadline.Event.DOCUMENT_RECEIVED:
        found.append(_place(_("Enter the day of receipt"), "deadline-event", row))
    if row.due_on is not None:
        found.append(_place(_("Extend"), "deadline-extend", row))
        if row.extended_to:
            label = _("Take the extension back") if row.ruled_on else _("Take the day back")
            found.append(_place(label, "deadline-take-back", row))
    elif row.started_on is not None:
        found.append(_place(_("Agree on a day"), "deadline-agree", row))
    if not standard.fulfilled_by:
        found.append(_place(_("Done"), "deadline-finish", row))
    return [*found, _place(_("Not needed"), "deadline-drop", row)]


def _of_ended(row: Deadline) -> list[tuple[str, str]]:
    if row.is_decided:
        return [_place(_("Reopen"), "deadline-reopen", row)]
    if row.starts == Deadline.Event.DOCUMENT_RECEIVED and row.ending in Deadline.MET:
        return [_place(_("Correct the day of receipt"), "deadline-event", row)]
    return []


def _place(label: str, name: str, row: Deadline) -> tuple[str, str]:
    return label, reverse(name, args=[row.pk])
