"""Facts in files: one row for each version, so that corrections travel with what they correct."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field

from base.acting import acting_as, system_actor
from base.content import Content, Line
from base.exchange.kinds import EntryError, Located
from base.facts import Fact, change, submit

JOB = "job:"


class FactEntry(Content):
    """What every version of a fact carries."""

    reference: Line
    version: int = Field(1, ge=1)
    status: str = Field("submitted", pattern="^(submitted|withdrawn)$")
    reason: str = ""
    recorded_at: AwareDatetime | None = None
    recorded_by: str = ""


def load_facts(
    model: type[Fact], entries: Sequence[Located], values: Callable[[Located], dict]
) -> int:
    """Submit new facts and record new versions of stored ones; return how many rows were new.

    `values` returns the fields of one entry, its contract among them. Raises EntryError for a
    version that is stored with other values or that follows none.
    """
    given = [(located, values(located)) for located in entries]
    stored = _stored(model, given)
    users = _users(entries)
    fresh: list[tuple[Located, Fact]] = []
    later: list[tuple[Located, dict]] = []
    for located, fields in given:
        entry: FactEntry = located.entry
        known = stored.get((fields["contract"].pk, entry.reference))
        if entry.version > 1:
            later.append((located, fields))
        elif known is None:
            fact = model(reference=entry.reference, status=entry.status, reason=entry.reason, **fields)
            fresh.append((located, fact))
        else:
            _compare(located, known.history.filter(version=1).first() or known, fields)
    made = _submit(model, fresh, users)
    for located, fields in sorted(later, key=lambda pair: pair[0].entry.version):
        made += _change(model, located, fields, users)
    return made


def _stored(model: type[Fact], given: list[tuple[Located, dict]]) -> dict[tuple[int, str], Fact]:
    contracts = {fields["contract"].pk for _located, fields in given}
    rows = model.objects.filter(contract__in=contracts)
    return {(row.contract_id, row.reference): row for row in rows}


def _submit(model, fresh: list[tuple[Located, Fact]], users: dict) -> int:
    by_origin = sorted(fresh, key=lambda pair: _origin(pair[0].entry))
    for (recorded_at, recorded_by), group in groupby(by_origin, key=lambda pair: _origin(pair[0].entry)):
        batch = list(group)
        facts = [fact for _located, fact in batch]
        obey = model.rules(facts)
        for located, fact in batch:
            try:
                fact.clean_fields()
                obey(fact)
            except ValidationError as error:
                raise EntryError(located, error) from error
        try:
            with acting_as(users.get(recorded_by), at=batch[0][0].entry.recorded_at):
                submit(model, facts)
        except ValidationError as error:
            raise EntryError(batch[0][0], error) from error
    return len(fresh)


def _origin(entry: FactEntry) -> tuple[str, str]:
    return (entry.recorded_at.isoformat() if entry.recorded_at else "", entry.recorded_by)


def _change(model, located: Located, fields: dict, users: dict) -> bool:
    entry: FactEntry = located.entry
    fact = model.objects.filter(contract=fields["contract"], reference=entry.reference).first()
    if fact is None or entry.version > fact.version + 1:
        message = _("Version %(version)s of %(reference)s follows none.")
        params = {"version": entry.version, "reference": entry.reference}
        raise EntryError(located, ValidationError(message, params=params))
    if entry.version <= fact.version:
        _compare(located, fact.history.filter(version=entry.version).first() or fact, fields)
        return False
    try:
        with acting_as(users.get(entry.recorded_by), at=entry.recorded_at):
            change(fact, reason=entry.reason, status=entry.status, **fields)
    except ValidationError as error:
        raise EntryError(located, error) from error
    return True


def _compare(located: Located, row, fields: dict) -> None:
    for name, value in fields.items():
        stored = getattr(row, name)
        if stored != value:
            message = _("%(reference)s is stored with %(name)s = %(stored)s; a change needs a new version.")
            params = {"reference": located.entry.reference, "name": name, "stored": stored}
            raise EntryError(located, ValidationError(message, params=params))


def _users(entries: Sequence[Located]) -> dict[str, object]:
    wanted = {located.entry.recorded_by: located for located in entries if located.entry.recorded_by}
    found = {user.username: user for user in get_user_model().objects.filter(username__in=wanted)}
    for username in set(wanted) - set(found):
        if username.startswith(JOB):
            found[username] = system_actor(username.removeprefix(JOB))
    for username, located in wanted.items():
        if username not in found:
            message = _("There is no user %(name)s.")
            raise EntryError(located, ValidationError(message, params={"name": username}))
    return found


@dataclass(frozen=True)
class Version:
    """One version of a fact, as its history row, with what every entry carries."""

    row: object
    common: dict


def dump_versions(model: type[Fact]) -> Iterator[Version]:
    """Yield all versions of all facts, by contract and reference, oldest first."""
    usernames = dict(get_user_model().objects.values_list("pk", "username"))
    rows = model.history.order_by("contract__number", "reference", "version")
    for row in rows.iterator():
        yield Version(
            row=row,
            common={
                "reference": row.reference,
                "version": row.version,
                "status": row.status,
                "reason": row.reason,
                "recorded_at": row.history_date,
                "recorded_by": usernames.get(row.history_user_id, ""),
            },
        )
