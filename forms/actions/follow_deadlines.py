"""Let deadlines follow what happens in cases: made by events, met by events, moved by both.

Whatever changes a case asks for it in the same transaction, and asked again nothing changes. All
is looked up for many cases at once, so that an import costs little more than storing the rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from base.history import change_tracked, create_tracked
from cms.content.standard import Standard
from cms.models.description import EditionStandard
from contracts.dates.deadlines import DeadlineRule
from contracts.dates.working_days import Calendar
from forms.models import Case, CaseStatus, Deadline, FilledForm, ServiceRecord
from forms.models.case import closed_since
from forms.standards import Held, Standards, rule_of, standards_of, target_of

BATCH = 1000
DERIVED = (
    "standard", "side", "starts", "started_on", "ruled_on", "target_on", "due_on", "lead_on",
    "state",
    "ending", "ended_on", "form",
)  # fmt: skip
"""What follows from the case; `extended_to` and `reason` are somebody's decision."""

BY_RECORD = frozenset({"admission", "first_talk"})
"""What a service record says."""

_waiting: ContextVar[set[int] | None] = ContextVar("cases_to_follow", default=None)


def follow_deadlines(cases: Iterable[int]) -> int:
    """Bring the deadlines of cases, given by key, in line with what is known of them now.

    Return how many deadlines were made or changed. Inside `following_once` it waits for the end.
    """
    if (waiting := _waiting.get()) is not None:
        waiting.update(cases)
        return 0
    keys, changed = iter(sorted(set(cases))), 0
    while some := list(islice(keys, BATCH)):
        changed += _follow(some)
    return changed


@contextmanager
def following_once() -> Iterator[None]:
    """Follow all that is asked for inside together at the end, in the same transaction."""
    if _waiting.get() is not None:
        yield
        return
    waiting: set[int] = set()
    token = _waiting.set(waiting)
    with transaction.atomic():
        try:
            yield
        finally:
            _waiting.reset(token)
        follow_deadlines(waiting)


@dataclass(frozen=True)
class _Submitted:
    """A form that was handed in: its number within the case, and the day."""

    day: date
    sequence: int


@dataclass
class _Happened:
    """What is known of one case."""

    pk: int
    number: str
    contract: int
    assigned_on: date
    closed: date | None
    """Since when it is closed today; the daily round follows what is to come."""
    admission: date | None = None
    first_talk: date | None = None
    forms: dict[str, list[_Submitted]] = field(default_factory=lambda: defaultdict(list))

    def day_of(self, event: str, form: str | None = None) -> date | None:
        """When something happened first; None where it has not."""
        if event == "form":
            return self.forms[form][0].day if self.forms[form] else None
        if event == "case_end":
            return self.closed
        return {
            "assignment": self.assigned_on,
            "document_received": self.assigned_on,  # its own day is entered by somebody
            "admission": self.admission,
            "first_talk": self.first_talk,
        }[event]


def _follow(keys: Collection[int]) -> int:
    contracts = set(Case.objects.filter(pk__in=keys).order_by().values_list("contract", flat=True))
    standards = standards_of(contracts)
    stored: dict[int, list[Deadline]] = defaultdict(list)
    if not standards and not Deadline.objects.filter(case__in=keys).exists():
        return 0
    with transaction.atomic():
        # Who changes the same cases at the same time is followed one after the other.
        Case.objects.filter(pk__in=keys).lock()
        for row in Deadline.objects.filter(case__in=keys).order_by("pk"):
            stored[row.case_id].append(row)
        named = _named({row.standard_id for rows in stored.values() for row in rows})
        new: list[Deadline] = []
        changed: list[Deadline] = []
        for case in _happened(keys, standards):
            made, moved = _in_line(case, stored[case.pk], named, standards)
            new += made
            changed += moved
        if new:
            create_tracked(Deadline, new)
        if changed:
            change_tracked(Deadline, changed, DERIVED)
    return len(new) + len(changed)


def _named(standards: Collection[int]) -> dict[int, tuple[int, str]]:
    """Return description and key of standards: by these they are known over all editions."""
    rows = EditionStandard.objects.filter(pk__in=standards).order_by("pk")
    return {
        pk: (description, key)
        for pk, description, key in rows.values_list("pk", "edition__description", "key")
    }


def _in_line(
    case: _Happened,
    stored: list[Deadline],
    named: Mapping[int, tuple[int, str]],
    standards: Standards,
) -> tuple[list[Deadline], list[Deadline]]:
    """Return the deadlines that are missing in a case, and those that are not as they should be."""
    before = {row.pk: _derived(row) for row in stored}
    known = {named[row.standard_id]: row for row in stored}
    kept: dict[tuple[int, str], tuple[Held, Deadline]] = {}
    for held in standards.of(case.contract):
        standard, key = held.standard, (held.description, held.standard.key)
        day = case.day_of(standard.starts, standard.starts_form)
        # Where a later edition lets it count from another event, it counts from the first.
        if day is None or key in kept or not standards.holds(case.contract, held, day):
            continue
        row = known.pop(key, None) or Deadline(case_id=case.pk)
        _count(row, held, day, case, standards)
        kept[key] = held, row
    _meet(case, kept.values())
    for row in known.values():
        if not row.is_decided:
            row.end(Deadline.State.DROPPED, Deadline.Ending.VOID, None)
    new = [row for _held, row in kept.values() if row.pk is None]
    return new, [row for row in stored if _derived(row) != before[row.pk]]


def _derived(row: Deadline) -> tuple:
    return (row.standard_id, *(getattr(row, name) for name in DERIVED[1:]))


def _count(row: Deadline, held: Held, day: date, case: _Happened, standards: Standards) -> None:
    """Say from which day a deadline counts and until when."""
    standard = held.standard
    row.standard_id, row.side, row.starts = held.row, standard.side, standard.starts
    if standard.starts != Deadline.Event.DOCUMENT_RECEIVED:
        row.started_on = day
    row.ruled_on = row.target_on = None
    if row.started_on is not None:
        calendar = standards.calendar(case.contract, row.started_on)
        if rule := rule_of(standard):
            row.ruled_on = _day(rule, row.started_on, calendar)
        if target := target_of(standard):
            row.target_on = _day(target, row.started_on, calendar)
    row.settle_due()
    row.lead_on = row.due_on and row.due_on + timedelta(days=standard.lead_after)


@lru_cache(maxsize=10_000)
def _day(rule: DeadlineRule, start: date, calendar: Calendar) -> date:
    """The day a rule leads to; many cases have the same few rules and days."""
    return rule.day(start, calendar)


def _meet(case: _Happened, rows: Iterable[tuple[Held, Deadline]]) -> None:
    """Say which deadlines are met, and by what.

    One form meets one deadline: where two ask for the same form, the first one handed in meets
    what is due first.
    """
    used: set[tuple[str, int]] = set()
    for held, row in sorted(rows, key=_by_day):
        if row.is_decided:
            continue
        standard = held.standard
        if standard.fulfilled_by == "form":
            _meet_by_form(case, row, standard, used)
        elif standard.fulfilled_by == "case_end":
            _end_if(row, Deadline.State.DONE, Deadline.Ending.CASE_END, case.closed)
        elif standard.fulfilled_by:
            day = case.day_of(standard.fulfilled_by)
            _end_if(row, Deadline.State.DONE, Deadline.Ending.RECORD, day)
        else:
            row.reopen()
        # Nobody waits for papers of a closed case, and nothing is recorded for it any more; what
        # is to be written still can be.
        waits = row.started_on is None or standard.fulfilled_by in BY_RECORD
        if row.state == Deadline.State.OPEN and waits and case.closed:
            row.end(Deadline.State.DROPPED, Deadline.Ending.CASE_END, case.closed)


def _by_day(place: tuple[Held, Deadline]) -> tuple:
    held, row = place
    return (row.ruled_on or row.due_on or date.max, held.row)


def _meet_by_form(
    case: _Happened, row: Deadline, standard: Standard, used: set[tuple[str, int]]
) -> None:
    key = standard.fulfilled_form
    since = row.started_on or case.assigned_on
    # What begins with a form asks for the next one.
    forms = case.forms[key][1 if standard.starts_form == key else 0 :]
    for form in forms:
        if form.day >= since and (key, form.sequence) not in used:
            used.add((key, form.sequence))
            reference = f"{case.number}/F{form.sequence}"
            row.end(Deadline.State.DONE, Deadline.Ending.FORM, form.day, reference)
            return
    row.reopen()


def _end_if(row: Deadline, state: str, ending: str, day: date | None) -> None:
    if day is None:
        row.reopen()
    else:
        row.end(state, ending, day)


def _happened(keys: Collection[int], standards: Standards) -> list[_Happened]:
    """Return what happened in the cases, as far as a standard asks for it."""
    today = timezone.localdate()
    statuses: dict[int, list[tuple[date, str]]] = defaultdict(list)
    rows = CaseStatus.objects.filter(case__in=keys).order_by("valid_from")
    for case, valid_from, status in rows.values_list("case", "valid_from", "status"):
        statuses[case].append((valid_from, status))
    columns = ("pk", "number", "contract", "assigned_on")
    cases = {
        pk: _Happened(pk, *known, closed=closed_since(statuses[pk], today))
        for pk, *known in Case.objects.filter(pk__in=keys).order_by("pk").values_list(*columns)
    }
    asked = {each for one in standards.all() for each in (one.starts, one.fulfilled_by)}
    if asked & BY_RECORD:
        _look_up_records(cases)
    wanted = {
        key for one in standards.all() for key in (one.starts_form, one.fulfilled_form) if key
    }
    if wanted:
        _look_up_forms(cases, wanted)
    return list(cases.values())


def _look_up_records(cases: Mapping[int, _Happened]) -> None:
    rows = ServiceRecord.objects.filter(case__in=list(cases)).counting().order_by()
    firsts = rows.values_list("case").annotate(
        first=Min("day"), talk=Min("day", filter=Q(session=""))
    )
    for case, any_kind, individual in firsts:
        cases[case].admission, cases[case].first_talk = any_kind, individual


def _look_up_forms(cases: Mapping[int, _Happened], wanted: Collection[str]) -> None:
    """A correction is no other form: what was handed in first counts."""
    rows = FilledForm.objects.submitted().filter(
        case__in=list(cases), version=1, edition__definition__key__in=wanted
    )
    columns = ("case", "sequence", "submitted_at", "edition__definition__key")
    for case, sequence, at, key in rows.order_by("submitted_at", "sequence").values_list(*columns):
        cases[case].forms[key].append(_Submitted(timezone.localdate(at), sequence))
