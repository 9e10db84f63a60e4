"""Record what was done: a day's individual work, or a group session.

References are given out with the form that is filled in, so that sending it twice stores nothing
twice: what is already there under its reference is found again.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.facts import submit
from contracts.models import Member
from forms.actions.follow_deadlines import follow_deadlines
from forms.actions.sign_record import sign_record
from forms.models import Case, RecordReason, ServiceRecord
from forms.models.record_reason import put_notes_under_a_reason
from forms.strokes import Strokes
from forms.usage import approximate, usage_of


def new_reference() -> str:
    """Return a reference nobody else has: short enough to be read out, long enough to be unique."""
    return f"E-{secrets.token_hex(6)}"


@dataclass(frozen=True)
class DayEntry:
    """One row of a day's work as it was entered. `stage` stands for a completed complex."""

    reference: str
    case: Case
    kind: str
    minutes: int
    module: str = ""
    stage: str = ""
    chosen_reason: RecordReason | None = None
    """Why work goes on beyond a module's guide value (D14), or comes before its phase."""
    reason: str = ""
    """A note to it, which stays with the provider."""
    begins: time | None = None
    ends: time | None = None
    answered: bool = False
    """Whether somebody said that this is no repeat of a like record."""
    topic: str = ""
    """Kind of help, by its key in a service description."""
    channel: str = ""
    location: str = ""
    strokes: Strokes | None = None
    """The client's signature under it, where it was drawn at once; on `signed_on`."""
    signed_on: date | None = None


KNOWN = ("contract", "case", "counsellor")
"""Looked up already; to check them again would be a query for each row."""


class RowsRefused(ValidationError):
    """Some rows of a day were refused; `rows` says which (by place) and why. Nothing is stored."""

    def __init__(self, rows: Mapping[int, ValidationError]):
        self.rows = dict(rows)
        super().__init__(list(rows.values()))


def record_day(
    *, by, counsellor: Member, day: date, entries: Sequence[DayEntry]
) -> tuple[list[ServiceRecord], int]:
    """Store a counsellor's individual work of a day, all rows or none.

    Return the records of all rows, and how many of them were stored before. Raises RowsRefused
    with what is wrong with each row.
    """
    rows = [_record_of(entry, counsellor, day) for entry in entries]
    _require_own(counsellor, {entry.case for entry in entries})
    with transaction.atomic(), acting_as(by):
        Case.objects.filter(pk__in={entry.case.pk for entry in entries}).lock()
        stored = _stored(rows)
        obey = ServiceRecord.rules(rows)
        refused: dict[int, ValidationError] = {}
        new: list[ServiceRecord] = []
        for place, row in enumerate(rows):
            before = stored.get(row.reference)
            if before is not None and _says_the_same(before, row):
                rows[place] = before
                continue
            try:
                if before is not None:
                    raise ValidationError(
                        _("This row was saved before with other values; change the record there.")
                    )
                row.clean_fields(exclude=KNOWN)
                obey(row)
                new.append(row)
            except ValidationError as error:
                refused[place] = error
        refused |= _unreasoned(rows, new)
        if refused:
            raise RowsRefused(refused)
        if new:
            submit(ServiceRecord, new)
            follow_deadlines(row.case_id for row in new)
        _sign(rows, entries, by=by)
    return rows, len(rows) - len(new)


def record_session(
    *,
    by,
    counsellor: Member,
    session: str,
    day: date,
    kind: str,
    minutes: int,
    cases: Sequence[Case],
    module: str = "",
    counsellors: int = 1,
    chosen_reason: RecordReason | None = None,
    reason: str = "",
    begins: time | None = None,
    ends: time | None = None,
    answered: bool = False,
    topic: str = "",
    channel: str = "",
    location: str = "",
) -> tuple[list[ServiceRecord], int]:
    """Store a group session: one record for each case that attended.

    Return the records, and how many of them were stored before. Raises ValidationError without
    attendees, for one who comes twice, and for what the rules refuse, naming the case.
    """
    if not cases:
        raise ValidationError(_("Nobody attended: at least one case is needed."))
    if len({case.pk for case in cases}) != len(cases):
        raise ValidationError(_("A case can attend a session once only."))
    _require_own(counsellor, set(cases))
    rows = [
        ServiceRecord(
            reference=f"{session}-{case.pk}",
            contract_id=case.contract_id,
            case=case,
            day=day,
            kind=kind,
            module=module,
            minutes=minutes,
            participants=len(cases),
            counsellors=counsellors,
            session=session,
            counsellor=counsellor,
            chosen_reason=chosen_reason,
            reason=reason,
            begins=begins,
            ends=ends,
            topic=topic,
            channel=channel,
            location=location,
        )
        for case in cases
    ]
    for row in rows:
        row.answered = answered
    with transaction.atomic(), acting_as(by):
        Case.objects.filter(pk__in=[case.pk for case in cases]).lock()
        before = list(
            ServiceRecord.objects.select_for_update()
            .filter(session=session, contract__provider=counsellor.organisation_id)
            .order_by("pk")
        )
        if before:
            put_notes_under_a_reason(rows)  # as those that are stored
            _require_same_session(before, rows)
            return before, len(before)
        _obey_all(rows)
        stored = submit(ServiceRecord, rows)
        follow_deadlines(row.case_id for row in stored)
        return stored, 0


def _record_of(entry: DayEntry, counsellor: Member, day: date) -> ServiceRecord:
    record = ServiceRecord(
        reference=entry.reference,
        contract_id=entry.case.contract_id,
        case=entry.case,
        day=day,
        kind=entry.kind,
        module=entry.module,
        stage=entry.stage,
        minutes=entry.minutes,
        counsellor=counsellor,
        chosen_reason=entry.chosen_reason,
        reason=entry.reason,
        begins=entry.begins,
        ends=entry.ends,
        topic=entry.topic,
        channel=entry.channel,
        location=entry.location,
    )
    record.answered = entry.answered
    return record


def _sign(rows: Sequence[ServiceRecord], entries: Sequence[DayEntry], *, by) -> None:
    """Store the signatures that came with rows; one that came before is there already.

    Raises RowsRefused for what is no signature: then nothing is stored of the records either.
    """
    refused: dict[int, ValidationError] = {}
    for place, (row, entry) in enumerate(zip(rows, entries, strict=True)):
        if entry.strokes is None:
            continue
        given = {"strokes": entry.strokes, "signed_on": entry.signed_on}
        try:
            sign_record(row, by=by, version=row.version, **given)
        except ValidationError as error:
            refused[place] = error
    if refused:
        raise RowsRefused(refused)


def _unreasoned(
    rows: Sequence[ServiceRecord], new: Sequence[ServiceRecord]
) -> dict[int, ValidationError]:
    """Return, by place, new rows that go beyond a guide value without saying why (D14)."""
    booked = [row for row in new if row.module]
    spent: dict[tuple, Fraction] = {}
    found: dict[int, ValidationError] = {}
    planned = {
        day: usage_of({row.case_id for row in booked if row.day == day}, day)
        for day in {row.day for row in booked}
    }
    for place, row in enumerate(rows):
        if row not in booked:
            continue
        module = planned[row.day][row.case_id].module(row.module)
        setting = "group" if row.session else "individual"
        amount = module and module.amount(setting)
        if amount is None or not amount.guide:
            continue
        added = Fraction(1) if row.session else Fraction(row.minutes, amount.unit.minutes)
        key = (row.case_id, row.module, setting)
        spent[key] = spent.get(key, amount.used) + added
        if spent[key] > amount.guide and not row.chosen_reason_id:
            found[place] = ValidationError(
                _(
                    "%(module)s: this makes %(used)s of %(guide)s %(unit)s."
                    " Going on beyond the guide value needs a reason."
                ),
                code="unreasoned",
                params={
                    "module": module.title,
                    "used": approximate(spent[key]),
                    "guide": approximate(amount.guide),
                    "unit": amount.unit.short,
                },
            )
    return found


def _require_own(counsellor: Member, cases: set[Case]) -> None:
    """Work is recorded for one's own organisation's contracts."""
    foreign = sorted(
        case.number for case in cases if case.contract.provider_id != counsellor.organisation_id
    )
    if foreign:
        raise ValidationError(
            _("%(counsellor)s does not work for the provider of %(cases)s."),
            params={"counsellor": counsellor, "cases": ", ".join(foreign)},
        )


def _stored(rows: Sequence[ServiceRecord]) -> dict[str, ServiceRecord]:
    """Return what is stored under these references in these contracts, locked."""
    found = ServiceRecord.objects.select_for_update().filter(
        reference__in=[row.reference for row in rows],
        contract__in={row.contract_id for row in rows},
    )
    return {record.reference: record for record in found.order_by("pk")}


SAID = (
    "case_id",
    "contract_id",
    "counsellor_id",
    "day",
    "kind",
    "module",
    "stage",
    "minutes",
    "begins",
    "ends",
    "chosen_reason_id",
    "reason",
    "topic",
    "channel",
    "location",
)


def _says_the_same(stored: ServiceRecord, row: ServiceRecord) -> bool:
    return all(getattr(stored, name) == getattr(row, name) for name in SAID)


def _require_same_session(before: list[ServiceRecord], rows: list[ServiceRecord]) -> None:
    stored = {record.case_id: record for record in before}
    same = stored.keys() == {row.case_id for row in rows}
    if not same or not all(_says_the_same(stored[row.case_id], row) for row in rows):
        raise ValidationError(
            _("This session was saved before with other values; change the record there.")
        )


def _obey_all(rows: Sequence[ServiceRecord]) -> None:
    """Name the case of each row that is refused: they share everything else."""
    obey, refused = ServiceRecord.rules(rows), []
    unreasoned = _unreasoned(rows, rows)
    for place, row in enumerate(rows):
        try:
            row.clean_fields(exclude=KNOWN)
            obey(row)
            if place in unreasoned:
                raise unreasoned[place]
        except ValidationError as error:
            refused += [
                ValidationError(
                    _("%(case)s: %(problem)s"),
                    code=getattr(error, "code", None),
                    params={"case": row.case.number, "problem": message},
                )
                for message in error.messages
            ]
    if refused:
        raise ValidationError(refused)
