"""Group sessions: what the records of all who attended must agree on.

A session is what a provider's staff call it. It took place on one day, for one length of time,
with so many participants; the records of those who attended repeat it and cannot differ in it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from base.facts import Fact
from contracts.models import Contract

SHARED = {
    "day": _("day"),
    "minutes": _("minutes"),
    "participants": _("participants"),
    "counsellors": _("counsellors"),
    "begins": _("from"),
    "ends": _("until"),
}
"""What is said of the session itself, with what people call it."""


class Attendance(NamedTuple):
    """One record of a session as it is stored."""

    pk: int
    case: int
    version: int
    status: str
    said: tuple


def disagreements(records: Sequence, *, stored) -> dict[int, ValidationError]:
    """Return, by key, which of these stored records contradict others of their session, and how.

    Two queries for all; none where nothing of it was in a group.
    """
    if not any(record.session for record in records):
        return {}
    contracts = {record.contract_id for record in records if record.session}
    providers = dict(Contract.objects.filter(pk__in=contracts).values_list("pk", "provider"))
    touched: dict[tuple, list] = defaultdict(list)
    for record in records:
        if record.session:
            touched[providers[record.contract_id], record.session].append(record)
    found = _attendances(touched, stored)
    refused = {}
    for (provider, session), own in touched.items():
        if problem := _problem(session, found[provider, session], own):
            refused |= {record.pk: problem for record in own}
    return refused


def _attendances(sessions, stored) -> dict[tuple, list[Attendance]]:
    rows = stored.filter(
        session__in={session for _provider, session in sessions},
        contract__provider__in={provider for provider, _session in sessions},
    ).order_by("pk")
    found: dict[tuple, list[Attendance]] = defaultdict(list)
    columns = ("pk", "case", "version", "status", *SHARED)
    for provider, session, *row in rows.values_list("contract__provider", "session", *columns):
        found[provider, session].append(Attendance(*row[:4], tuple(row[4:])))
    return found


def _problem(session: str, rows: list[Attendance], touched: Sequence) -> ValidationError | None:
    counting = [row for row in rows if row.status == Fact.Status.SUBMITTED]
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
    participants = counting[0].said[list(SHARED).index("participants")]
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
    return _left_out(session, counting, touched, participants)


def _left_out(
    session: str, counting: list[Attendance], touched: Sequence, participants: int
) -> ValidationError | None:
    """Refuse a withdrawal after which the others share the time as if nobody had left."""
    changed = {record.pk for record in touched if record.version > 1}
    unchanged = [row for row in counting if row.pk not in changed]
    for record in touched:
        gone = record.status != Fact.Status.SUBMITTED
        if gone and unchanged and participants >= record.participants:
            return ValidationError(
                _(
                    "Group session %(session)s: %(reference)s is withdrawn, but the others still"
                    " count %(participants)s participants. They need a new version too."
                ),
                params={
                    "session": session,
                    "reference": record.reference,
                    "participants": participants,
                },
            )
    return None
