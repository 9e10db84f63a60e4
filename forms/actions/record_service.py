"""Record what was done: a day's individual work, a group session, and what is corrected later.

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
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from base.facts import Fact, change, change_together, submit
from contracts.models import Member
from forms.models import Case, RecordReason, ServiceRecord
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


KNOWN = ("contract", "case", "counsellor")
"""Looked up already; to check them again would be a query for each row."""


class RowsRefused(ValidationError):
    """Some rows of a day were refused; `rows` says which (by place) and why. Nothing is stored."""

    def __init__(self, rows: Mapping[int, ValidationError]):
        self.rows = dict(rows)
        super().__init__([message for error in rows.values() for message in error.error_list])


def record_day(
    *, counsellor: Member, day: date, entries: Sequence[DayEntry]
) -> tuple[list[ServiceRecord], int]:
    """Store a counsellor's individual work of a day, all rows or none.

    Return the records of all rows, and how many of them were stored before. Raises RowsRefused
    with what is wrong with each row.
    """
    rows = [_record_of(entry, counsellor, day) for entry in entries]
    _require_own(counsellor, {entry.case for entry in entries})
    with transaction.atomic():
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
    return rows, len(rows) - len(new)


def record_session(
    *,
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
        )
        for case in cases
    ]
    for row in rows:
        row.answered = answered
    with transaction.atomic():
        Case.objects.filter(pk__in=[case.pk for case in cases]).lock()
        before = list(
            ServiceRecord.objects.select_for_update()
            .filter(session=session, contract__provider=counsellor.organisation_id)
            .order_by("pk")
        )
        if before:
            _require_same_session(before, rows)
            return before, len(before)
        _obey_all(rows)
        return submit(ServiceRecord, rows), 0


def correct_record(
    record: ServiceRecord,
    *,
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
    with transaction.atomic():
        current = _current(record, version)
        current.answered = answered
        why = {"chosen_reason": chosen_reason, "reason": reason}
        if not current.session:
            return change(current, **why, **values)
        others = _others(current)
        for other in others:
            other.answered = answered
        changed = change_together([(each, values) for each in (current, *others)], **why)
        return next((each for each in changed if each.pk == current.pk), current)


def withdraw_record(
    record: ServiceRecord,
    *,
    version: int,
    chosen_reason: RecordReason | None = None,
    reason: str = "",
    whole_session: bool = False,
) -> ServiceRecord:
    """Withdraw a record, as it was when somebody opened it.

    Of a group session either the whole, or one who did not attend: the others were one fewer.
    """
    with transaction.atomic():
        current = _current(record, version)
        others = _others(current) if current.session else []
        gone = {"status": Fact.Status.WITHDRAWN}
        # Others may have attended of whom no record is kept here.
        fewer = {"participants": max(len(others), current.participants - 1)}
        changes = [(other, gone if whole_session else fewer) for other in others]
        why = {"chosen_reason": chosen_reason, "reason": reason}
        return change_together([(current, gone), *changes], **why)[0]


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
    )
    record.answered = entry.answered
    return record


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
