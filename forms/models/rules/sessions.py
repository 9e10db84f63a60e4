"""What the records of a group session say of it becomes the session, once for all of them.

A session is what a provider's staff call it. It took place on one day, for one length of time,
with so many participants; the records of those who attended repeat it and cannot differ in it.
Records are entered, changed and withdrawn together on screens, row by row in files: at the end
of the act they have to agree, and the session is what they agree on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.facts import Fact
from base.history import batches, create_tracked
from contracts.models import Contract
from forms.models.group_session import GroupSession, settled, unsettled

SHARED = {
    "day": _("day"),
    "minutes": _("minutes"),
    "participants": _("participants"),
    "counsellors": _("counsellors"),
    "begins": _("from"),
    "ends": _("until"),
}
"""What is said of the session itself, with what people call it."""

Place = tuple[int, str]
"""Provider and what its staff call the session."""

COUNTS, WITHDRAWN = Fact.Status.SUBMITTED, Fact.Status.WITHDRAWN


class Attendance(NamedTuple):
    """One record of a session as it is stored."""

    pk: int
    case: int
    version: int
    status: str
    attends: str | None
    said: tuple


@dataclass
class Touched:
    """A session of which records were stored, changed, withdrawn or taken to another session."""

    place: Place
    session: GroupSession | None = None
    """As it was before."""
    records: list = field(default_factory=list)
    """Those that were stored, as they are now."""
    rows: list[Attendance] = field(default_factory=list)
    """All that are stored now."""
    counted: int = 0
    """How many counted before, of a session that was there."""

    @property
    def counting(self) -> list[Attendance]:
        """The records that count now."""
        return [row for row in self.rows if row.status == COUNTS]

    def gone(self) -> list:
        """Return those that were stored and do not count for this session."""
        counting = {row.pk for row in self.counting}
        return [record for record in self.records if record.pk not in counting]


def settle(records: Sequence, *, stored) -> Mapping[int, ValidationError]:
    """Make sessions what these stored records, and the others of the same sessions, say.

    Return, by key, which contradict others of their session, and how; then nothing is stored.
    A few queries for all sessions; none where nothing of it was in a group. Records that are
    stored by somebody else at the same time are waited for.
    """
    touched = _touched(records, stored)
    if not touched:
        return {}
    refused = {}
    for each in touched.values():
        if problem := _problem(each):
            refused |= {record.pk: problem for record in each.records}
    if refused:
        return refused
    new = _state(touched.values())
    try:
        with transaction.atomic():
            create_tracked(GroupSession, new)
    except IntegrityError:
        problem = ValidationError(
            _("Somebody else records the same group session at this moment. Please try again.")
        )
        return {record.pk: problem for each in touched.values() for record in each.records}
    _hang(touched.values(), stored)
    return {}


def _touched(records: Sequence, stored) -> dict[Place, Touched]:
    found: dict[Place, Touched] = {}
    concerned = [record for record in records if record.session or record.attends_id]
    if not concerned:
        return found
    contracts = {record.contract_id for record in concerned}
    providers = dict(Contract.objects.filter(pk__in=contracts).values_list("pk", "provider"))
    for record in concerned:
        places = []
        if record.session:
            places.append((providers[record.contract_id], record.session))
        if before := settled(record.attends_id):
            places.append(GroupSession.named(before))
        for place in dict.fromkeys(places):
            found.setdefault(place, Touched(place)).records.append(record)
    of_these = Q(
        provider__in={provider for provider, _key in found}, key__in={key for _p, key in found}
    )
    # Whoever settles the same session at the same time waits here, and sees what is then.
    for session in GroupSession.objects.select_for_update().filter(of_these).order_by("pk"):
        if place := found.get((session.provider_id, session.key)):
            place.session = session
    _add_rows(found, stored)
    return found


def _add_rows(found: Mapping[Place, Touched], stored) -> None:
    columns = ("contract__provider", "session", "pk", "case", "version", "status", "attends")
    rows = stored.filter(
        session__in={key for _provider, key in found},
        contract__provider__in={provider for provider, _key in found},
    ).order_by("pk")
    for provider, key, *row in rows.values_list(*columns, *SHARED):
        if each := found.get((provider, key)):
            each.rows.append(Attendance(*row[:5], tuple(row[5:])))
    for each in found.values():
        if each.session and each.session.status == COUNTS:
            before = each.session.token
            hung = {row.pk for row in each.rows if settled(row.attends) == before}
            hung |= {r.pk for r in each.records if settled(r.attends_id) == before}
            each.counted = len(hung)


def _problem(each: Touched) -> ValidationError | None:
    counting, session = each.counting, each.place[1]
    for place, name in enumerate(SHARED):
        values = {row.said[place] for row in counting}
        if len(values) > 1:
            return ValidationError(
                _("Group session %(session)s: its records disagree on %(what)s (%(values)s)."),
                params={
                    "session": session,
                    "what": SHARED[name],
                    "values": ", ".join(sorted(map(str, values))),
                },
            )
    if not counting:
        return None
    if len({row.case for row in counting}) < len(counting):
        return ValidationError(
            _("Group session %(session)s: a case can attend a session once only."),
            params={"session": session},
        )
    participants = _participants(counting[0])
    if participants < len(counting):
        return ValidationError(
            _(
                "Group session %(session)s: %(rows)s records, but the number of participants is"
                " %(participants)s."
            ),
            params={
                "session": session,
                "rows": len(counting),
                "participants": participants,
            },
        )
    return _left_out(each, counting, participants)


def _participants(row: Attendance) -> int:
    return row.said[list(SHARED).index("participants")]


def _left_out(
    each: Touched, counting: list[Attendance], participants: int
) -> ValidationError | None:
    """Refuse a withdrawal after which the others share the time as if nobody had left.

    Somebody else may have come in the place of who is gone; or all others say anew how many
    there were.
    """
    gone = each.gone()
    said_anew = {record.pk for record in each.records if record.version > 1}
    if not gone or all(row.pk in said_anew for row in counting):
        return None
    without_record = participants - len(counting)
    if each.counted:
        more = without_record > each.session.participants - each.counted
    else:
        more = without_record and any(participants >= record.participants for record in gone)
    if not more:
        return None
    return ValidationError(
        _(
            "Group session %(session)s: %(reference)s is withdrawn, but the others still"
            " count %(participants)s participants. They need a new version too."
        ),
        params={
            "session": each.place[1],
            "reference": gone[0].reference,
            "participants": participants,
        },
    )


def _state(touched: Iterable[Touched]) -> list[GroupSession]:
    """Store the next versions of sessions that are something else now; return the new ones."""
    new = []
    for each in touched:
        counting = each.counting
        said = (counting or each.rows or [None])[-1]
        if each.session is None:
            status = COUNTS if counting else WITHDRAWN
            each.session = GroupSession(provider_id=each.place[0], key=each.place[1], status=status)
            new.append(each.session)
        elif not _becomes(each.session, said if counting else None):
            continue
        else:
            each.session.version += 1
            each.session.status = COUNTS if counting else WITHDRAWN
        if counting or each.session.pk is None:
            for name, value in zip(SHARED, said.said, strict=True):
                setattr(each.session, name, value)
        each.session.token = each.session.called()
        if each.session.pk is not None:
            with acting_as(None, reason=_why(each.records)):
                each.session.save()
    return new


def _why(records: Iterable) -> str:
    """Return the note, or the reason chosen, of those that were changed."""
    changed = next((record for record in records if record.version > 1), None)
    if changed is None:
        return ""
    return changed.reason.strip() or str(changed.chosen_reason or "")


def _becomes(session: GroupSession, said: Attendance | None) -> bool:
    """Whether a session becomes something else by what its counting records say; None: nothing."""
    if said is None:
        return session.status == COUNTS
    stored = tuple(getattr(session, name) for name in SHARED)
    return session.status != COUNTS or stored != said.said


def _hang(touched: Iterable[Touched], stored) -> None:
    """Hang records that count on their session as it is now, and take the others off."""
    on, off = [], []
    for each in touched:
        token = each.session.token
        on += [row.pk for row in each.counting if row.attends != token]
        off += [row.pk for row in each.rows if row.status != COUNTS and row.attends is not None]
        for record in each.records:
            if not record.session:
                off.append(record.pk)
            if record.session in ("", each.place[1]):
                counts = record.session and record.status == COUNTS
                record.attends_id = token if counts else None
    of_record = GroupSession._base_manager.filter(
        provider__contracts=OuterRef("contract_id"), key=OuterRef("session")
    )
    token = Subquery(of_record.order_by().values("token")[:1])
    for keys, value in ((on, token), (off, None)):
        for batch in batches(keys):
            # What follows from the session is no part of a record's history.
            stored.filter(pk__in=batch).update(attends=value)


def expected(record) -> str | None:
    """Return what a record names until its act ends; None where it hangs on no session."""
    if record.attends_id or (record.session and record.status == COUNTS):
        return unsettled(record.attends_id)
    return None
