"""What a day can hold: nobody is in two places at once, or works longer than a day allows.

Refused is what cannot have been. What only looks as if it was recorded before is asked about: it
is stored where somebody says that it is another service, and the record keeps that answer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.facts import ASKED
from base.formats import clock

MOST_OF_COUNSELLOR = 16 * 60
"""Minutes one person can work on a day: far more than the law allows, less than a day has."""
MOST_OF_CLIENT = 24 * 60


def minutes_between(begins: time, ends: time) -> int:
    """Return the whole minutes from one time of a day to another."""
    return (ends.hour - begins.hour) * 60 + ends.minute - begins.minute


class WorkOfDay(NamedTuple):
    """What of a record says where its people were."""

    case: int
    contract: int
    reference: str
    kind: str
    module: str
    stage: str
    minutes: int
    day: date
    counsellor: int | None
    session: str
    begins: time | None
    ends: time | None
    confirmed: bool

    @classmethod
    def of(cls, record) -> "WorkOfDay":
        """Return it of a record that may not be stored yet."""
        return cls(
            record.case_id,
            record.contract_id,
            record.reference,
            record.kind,
            record.module,
            record.stage,
            record.minutes,
            record.day,
            record.counsellor_id,
            record.session,
            record.begins,
            record.ends,
            record.confirmed,
        )

    def overlaps(self, other: "WorkOfDay") -> bool:
        """Whether both say when they were, and were at the same time."""
        if self.begins is None or other.begins is None:
            return False
        return self.begins < other.ends and other.begins < self.ends

    def is_apart(self, other: "WorkOfDay") -> bool:
        """Whether both say when they were, and were at different times."""
        return None not in (self.begins, other.begins) and not self.overlaps(other)

    def is_like(self, other: "WorkOfDay") -> bool:
        """Whether this may be the same work once more, of one client on one day.

        Under another contract it may go by another name there.
        """
        if (self.minutes, self.counsellor) != (other.minutes, other.counsellor):
            return False
        if self.contract != other.contract:
            return self.counsellor is not None and self.minutes > 0
        same = ("case", "kind", "module", "stage")
        return all(getattr(self, name) == getattr(other, name) for name in same)


COLUMNS = [
    {"case": "case_id", "contract": "contract_id", "counsellor": "counsellor_id"}.get(name, name)
    for name in WorkOfDay._fields
]


class Days:
    """What clients and counsellors did on the days of a batch; records of the batch add to it."""

    def __init__(self, records: Sequence, *, cases: Mapping, stored):
        self.cases = cases
        counted = stored.counting().order_by()
        # A record that is changed is measured against all others.
        if own := [record.pk for record in records if record.pk]:
            counted = counted.exclude(pk__in=own)
        days = {record.day for record in records}
        counsellors = {record.counsellor_id for record in records} - {None}
        clients = {case.client_id for case in cases.values()}
        self.stored: dict[tuple, list[WorkOfDay]] = defaultdict(list)
        """What the clients received on these days, as it is stored."""
        self.came: dict[tuple, list[WorkOfDay]] = defaultdict(list)
        """What came with this batch so far."""
        self.client_minutes: dict[tuple, int] = defaultdict(int)
        received = counted.filter(case__client__in=clients, day__in=days)
        for client, *values in received.values_list("case__client", *COLUMNS):
            work = WorkOfDay(*values)
            self.stored[client, work.day].append(work)
            self.client_minutes[client, work.day] += work.minutes
        self.of_counsellor: dict[tuple, list[WorkOfDay]] = defaultdict(list)
        self.counsellor_minutes: dict[tuple, int] = defaultdict(int)
        self.sessions: dict[tuple, int] = {}
        if counsellors:
            done = counted.filter(counsellor__in=counsellors, day__in=days)
            for values in done.values_list(*COLUMNS):
                self._done(WorkOfDay(*values))

    def __call__(self, record) -> None:
        """Raise ValidationError for what cannot have been, or asks; otherwise it was so."""
        work = WorkOfDay.of(record)
        key = (self.cases[work.case].client_id, work.day)
        like = None if work.confirmed else self._like(work, key, is_new=record.pk is None)
        if like and record.answered:
            record.confirmed = True
            work = work._replace(confirmed=True)
        self._is_alone(work, key)
        self.came[key].append(work)
        self.client_minutes[key] += work.minutes
        if work.counsellor is not None:
            self._done(work)
        self._fits(work, key)
        if like and not record.answered:
            raise _repeated(work, like, self.cases[work.case].number)

    def _done(self, work: WorkOfDay) -> None:
        key = (work.counsellor, work.day)
        if work.session:
            # Those who attended shared the time; it passed once.
            known = self.sessions.get((*key, work.session), 0)
            self.sessions[(*key, work.session)] = max(known, work.minutes)
            self.counsellor_minutes[key] += max(work.minutes - known, 0)
        else:
            self.counsellor_minutes[key] += work.minutes
        if work.begins is not None:
            self.of_counsellor[key].append(work)

    def _fits(self, work: WorkOfDay, key: tuple) -> None:
        minutes = self.counsellor_minutes.get((work.counsellor, work.day), 0)
        if work.counsellor is not None and minutes > MOST_OF_COUNSELLOR:
            _refuse(
                _(
                    "One counsellor cannot work %(minutes)s minutes on a day (%(day)s);"
                    " allowed are %(most)s."
                ),
                minutes=minutes,
                day=work.day,
                most=MOST_OF_COUNSELLOR,
            )
        minutes = self.client_minutes[key]
        if minutes > MOST_OF_CLIENT:
            _refuse(
                _(
                    "Case %(case)s: one person cannot receive %(minutes)s minutes on a day"
                    " (%(day)s); allowed are %(most)s."
                ),
                case=self.cases[work.case].number,
                minutes=minutes,
                day=work.day,
                most=MOST_OF_CLIENT,
            )

    def _is_alone(self, work: WorkOfDay, key: tuple) -> None:
        if work.begins is None:
            return
        for other in self.of_counsellor.get((work.counsellor, work.day), ()):
            if work.overlaps(other) and not (work.session and work.session == other.session):
                _refuse(
                    _("The counsellor was elsewhere from %(begins)s to %(ends)s (%(reference)s)."),
                    **_span(other),
                    reference=other.reference,
                )
        for other in (*self.stored.get(key, ()), *self.came.get(key, ())):
            if not work.overlaps(other):
                continue
            if other.contract == work.contract:
                _refuse(
                    _("The client was elsewhere from %(begins)s to %(ends)s (%(reference)s)."),
                    **_span(other),
                    reference=other.reference,
                )
            # Whoever records here may not know of the other contract.
            _refuse(_("At this time something else is recorded for the client."))

    def _like(self, work: WorkOfDay, key: tuple, *, is_new: bool) -> WorkOfDay | None:
        """Return a record of the client's day that this one seems to repeat.

        Of two that came together, or lie there already, it is enough that one was confirmed.
        """
        stored = self.stored.get(key, ())
        others = [other for other in stored if is_new or not other.confirmed]
        others += [other for other in self.came.get(key, ()) if not other.confirmed]
        return next((o for o in others if work.is_like(o) and not work.is_apart(o)), None)


def _span(work: WorkOfDay) -> dict[str, str]:
    return {"begins": clock(work.begins), "ends": clock(work.ends)}


def _repeated(work: WorkOfDay, like: WorkOfDay, case: str) -> ValidationError:
    params = {"case": case, "day": work.day, "reference": like.reference}
    if like.contract != work.contract:
        return ValidationError(
            _(
                "Case %(case)s: work of the same length on %(day)s is recorded for this client"
                " and counsellor under another contract (%(reference)s). Is this another service?"
            ),
            code=ASKED,
            params=params,
        )
    return ValidationError(
        _(
            "Case %(case)s: the same work on %(day)s is recorded already (%(reference)s)."
            " Is this another service?"
        ),
        code=ASKED,
        params=params,
    )


def _refuse(message, **params) -> None:
    raise ValidationError(message, params=params)
