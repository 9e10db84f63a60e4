"""What people decided about deadlines in files; all else follows from cases, records and forms."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from pydantic import Field

from base.acting import current_actor
from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import require_same
from cms.models.description import EditionStandard
from forms.actions.change_deadline import take_over_decision
from forms.exchange.locking import lock_cases
from forms.models import Case, Deadline
from forms.standards import standard_of, standards_of


class DeadlineEntry(Content):
    """What somebody decided about a deadline that follows from a service description.

    `started_on` is the day on which a document was received, `extended_to` the day agreed on or
    extended to; `ended` says that somebody ended it, `ended_on` when.
    """

    case: Line
    description: Key
    standard: Key
    started_on: date | None = None
    extended_to: date | None = None
    ended: Literal["", "done", "dropped"] = ""
    ended_on: date | None = None
    reason: str = Field("", max_length=500)


RECEIVED = "document_received"


def _load_deadlines(entries: Sequence[Located]) -> int:
    lock_cases(located.entry.case for located in entries)
    return load_each(entries, _load_deadline)


def _load_deadline(located: Located) -> int:
    entry: DeadlineEntry = located.entry
    found = Deadline.objects.filter(
        case__number=entry.case,
        standard__key=entry.standard,
        standard__edition__description__key=entry.description,
    )
    row = found.select_related("standard__edition__description", "case").first()
    row = row or _without_event(entry)
    if row is None:
        raise ValidationError(
            _("Case %(case)s has no deadline %(standard)s of %(description)s."),
            params=entry.model_dump(include={"case", "standard", "description"}),
        )
    decided = {name: getattr(entry, name) for name in _DECIDED}
    if row.pk and (stored := _entry(row)):
        require_same(located, stored, decided)
        return False
    take_over_decision(row, by=current_actor(), **decided)
    return True


def _without_event(entry: DeadlineEntry) -> Deadline | None:
    """Return a new deadline that only somebody's decision is left of, as a withdrawn record leaves
    one; None where the case's contract sets no such deadline.
    """
    case = Case.objects.filter(number=entry.case).first()
    if case is None:
        return None
    held = standards_of([case.contract_id]).of(case.contract_id)
    standard = (
        EditionStandard.objects.filter(
            pk__in=[each.row for each in held],
            key=entry.standard,
            edition__description__key=entry.description,
        )
        .order_by("edition")
        .last()
    )
    if standard is None:
        return None
    said = standard_of(standard)
    row = Deadline(case=case, standard=standard, side=said.side, starts=said.starts)
    row.end(Deadline.State.DROPPED, Deadline.Ending.VOID, None)
    return row


_DECIDED = ("started_on", "extended_to", "ended", "ended_on", "reason")


def _entry(row: Deadline) -> DeadlineEntry | None:
    """Return what was decided about a deadline; None where nothing was."""
    by_person = {"ended": row.state, "ended_on": row.ended_on} if row.is_decided else {}
    typed = row.started_on if row.starts == RECEIVED else None
    if not (by_person or typed or row.extended_to or row.reason):
        return None
    return DeadlineEntry(
        case=row.case.number,
        description=row.standard.edition.description.key,
        standard=row.standard.key,
        started_on=typed,
        extended_to=row.extended_to,
        reason=row.reason,
        **by_person,
    )


def _dump():
    decided = Q(extended_to__isnull=False) | Q(ending=Deadline.Ending.PERSON) | ~Q(reason="")
    papers = Q(starts=RECEIVED, started_on__isnull=False)
    rows = Deadline.objects.filter(decided | papers).select_related(
        "case", "standard__edition__description"
    )
    order = by_text("case__number", "standard__edition__description__key", "standard__key")
    for row in rows.order_by(*order):
        if entry := _entry(row):
            yield entry


register(
    Kind(
        section="deadlines",
        position=75,
        entry=DeadlineEntry,
        load=_load_deadlines,
        dump=_dump,
        known_by=("case", "description", "standard"),
    )
)
