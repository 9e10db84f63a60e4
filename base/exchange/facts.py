"""Facts in files: one row for each version, so that corrections travel with what they correct."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Literal

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.acting import acting_as, current_time
from base.content import Content, Line
from base.exchange.kinds import EntryError, Located, Refusals
from base.exchange.ordering import by_text
from base.exchange.people import people_by_name
from base.facts import Fact, change_one
from base.history import batches, record_history

LAST = datetime.max.replace(tzinfo=UTC)


class FactEntry(Content):
    """What every version of a fact carries."""

    reference: Line = Field(max_length=80)
    version: int = Field(1, ge=1)
    status: Literal["submitted", "withdrawn"] = "submitted"
    reason: str = Field("", max_length=500)
    recorded_at: AwareDatetime | None = None
    recorded_by: str = ""

    @model_validator(mode="after")
    def _begins_submitted(self):
        if self.version == 1 and self.status != "submitted":
            raise ValueError(_("what is withdrawn was submitted before: version 2 at least"))
        return self


@dataclass(frozen=True)
class Given:
    """An entry with the values it gives to the fields of its model."""

    located: Located
    fields: dict
    newest: int
    """The newest version of the same fact among the entries."""

    @property
    def superseded(self) -> bool:
        """Whether a later version comes with it."""
        return self.entry.version < self.newest

    @property
    def entry(self) -> FactEntry:
        """The entry itself."""
        return self.located.entry

    @property
    def fact(self) -> tuple[int, str]:
        """What tells one fact from another."""
        return self.fields["contract"].pk, self.entry.reference


def load_facts(
    model: type[Fact],
    entries: Sequence[Located],
    values: Callable[[Located], dict],
    *,
    in_sequence: Callable[[FactEntry], bool] = lambda entry: False,
) -> int:
    """Submit new facts and record new versions of stored ones; return how many rows were new.

    `values` returns the fields of one entry, its contract among them. `in_sequence` tells entries
    that may be accepted only because of what happened to others before; they are replayed in the
    order in which they were recorded, all others are stored at once. Raises EntryErrors for a
    version that is stored with other values or that follows none, and for what rules refuse.
    """
    if not entries:
        return 0
    given = _given(entries, values)
    people = people_by_name((row.located, row.entry.recorded_by) for row in given)
    new = _not_stored(model, given, people)
    at_once = [row for row in new if row.entry.version == 1 and not in_sequence(row.entry)]
    touched = _submit(model, at_once, people)
    stored = {id(row) for row in at_once}
    touched += _replay(model, _in_order([row for row in new if id(row) not in stored]), people)
    _require_agreement(model, touched)
    return len(new)


def _require_agreement(model: type[Fact], touched: Sequence[tuple[Given, Fact]]) -> None:
    """Refuse what contradicts other facts, once everything that came together is stored."""
    newest = {fact.pk: (row, fact) for row, fact in touched}
    contradicting = model.settle([fact for _row, fact in newest.values()])
    refusals = Refusals()
    for key, refused in contradicting.items():
        with refusals.noted(newest[key][0].located):
            raise refused
    refusals.raise_any()


def _given(entries: Sequence[Located], values: Callable[[Located], dict]) -> list[Given]:
    found, refusals = [], Refusals()
    newest: dict[tuple, int] = {}
    for located in entries:
        entry = located.entry
        with refusals.noted(located):
            found.append((located, fields := values(located)))
            fact = (fields["contract"].pk, entry.reference)
            newest[fact] = max(newest.get(fact, 0), entry.version)
            _require_past(entry)
    refusals.raise_any()
    return [
        Given(located, fields, newest[fields["contract"].pk, located.entry.reference])
        for located, fields in found
    ]


def _require_past(entry: FactEntry) -> None:
    """Refuse a record from the future: what happens to it next would lie before it."""
    if entry.recorded_at and entry.recorded_at > timezone.now():
        raise ValidationError(
            _("recorded_at %(moment)s lies in the future."), params={"moment": entry.recorded_at}
        )


def _not_stored(model: type[Fact], given: Sequence[Given], people: dict) -> list[Given]:
    """Return the rows that are not stored; refuse those that are stored otherwise."""
    stored = _stored_versions(model, given)
    names = {user.pk: name for name, user in people.items()}
    new, refusals = [], Refusals()
    for row in given:
        version = stored.get((*row.fact, row.entry.version))
        if version is None:
            new.append(row)
            continue
        with refusals.noted(row.located):
            _compare(model, row, version, names)
    refusals.raise_any()
    return new


def _stored_versions(model: type[Fact], given: Sequence[Given]) -> dict[tuple, dict]:
    """Return the values of the stored versions of these facts, from history."""
    columns = [model._meta.get_field(name).attname for name in given[0].fields]
    columns += ["reference", "version", "status", "reason", "history_date", "history_user_id"]
    contracts = {row.fact[0] for row in given}
    references = sorted({row.entry.reference for row in given})
    versions = {}
    for batch in batches(references):
        rows = model.history.filter(contract__in=contracts, reference__in=batch)
        for row in rows.order_by("history_date", "history_id").values(*columns):
            versions[row["contract_id"], row["reference"], row["version"]] = row
    return versions


def _compare(model: type[Fact], row: Given, version: dict, names: dict) -> None:
    entry = row.entry
    expected = {"status": entry.status}
    if entry.reason or not model.explaining:
        expected["reason"] = entry.reason
    for name, value in row.fields.items():
        if value or name not in (*model.answers, *model.explaining):
            key = getattr(value, "pk", value)
            expected[model._meta.get_field(name).attname] = key
    differing = [name for name, value in expected.items() if version[name] != value]
    if entry.recorded_at and entry.recorded_at != version["history_date"]:
        differing.append("history_date")
    if entry.recorded_by and entry.recorded_by != names.get(version["history_user_id"]):
        differing.append("history_user_id")
    if differing:
        params = {
            "reference": entry.reference,
            "version": entry.version,
            "names": ", ".join(_WRITTEN.get(name, name.removesuffix("_id")) for name in differing),
        }
        message = _(
            "Version %(version)s of %(reference)s is stored with another %(names)s;"
            " a change needs a new version."
        )
        raise ValidationError(message, params=params)


_WRITTEN = {"history_date": "recorded_at", "history_user_id": "recorded_by"}


def _submit(model: type[Fact], rows: Sequence[Given], people: dict) -> list[tuple[Given, Fact]]:
    """Check new facts and store them with their history, set-based; return them."""
    if not rows:
        return []
    facts = [
        model(reference=row.entry.reference, reason=row.entry.reason, **row.fields) for row in rows
    ]
    for row, fact in zip(rows, facts, strict=True):
        fact.superseded, fact.answered = row.superseded, row.located.confirmed
        fact.known_on = _known_on(row.entry)
    # Keys were looked up already; asking for each again would be a query for each.
    looked_up = [field.name for field in model._meta.fields if field.is_relation]
    obey, refusals = model.rules(facts), Refusals()
    for row, fact in zip(rows, facts, strict=True):
        with refusals.noted(row.located):
            fact.clean_fields(exclude=looked_up)
            obey(fact)
    refusals.raise_any()
    _store(model, rows, facts, people)
    return list(zip(rows, facts, strict=True))


def _known_on(entry: FactEntry) -> date | None:
    return entry.recorded_at and timezone.localdate(entry.recorded_at)


def _store(model: type[Fact], rows: Sequence[Given], facts: list[Fact], people: dict) -> None:
    try:
        with transaction.atomic():
            model._base_manager.bulk_create(facts)
    except IntegrityError as error:
        for row, fact in zip(rows, facts, strict=True):
            try:
                fact.validate_constraints()
            except ValidationError as refused:
                raise EntryError(row.located, refused) from error
        raise EntryError(rows[0].located, ValidationError(str(error).splitlines()[0])) from error
    origins = sorted(zip(map(_origin, rows), (fact.pk for fact in facts), strict=True))
    for (_moment, recorded_by), group in groupby(origins, key=lambda pair: pair[0]):
        with acting_as(people.get(recorded_by), at=None if _moment == LAST else _moment):
            record_history(model, [pk for _each, pk in group], "+")


def _origin(row: Given) -> tuple[datetime, str]:
    return row.entry.recorded_at or LAST, row.entry.recorded_by


def _in_order(rows: Sequence[Given]) -> list[Given]:
    """Return rows in the order in which they were recorded.

    Of those recorded at one moment, what ends withdrawn comes first, then what changes: it may
    have made room for the others. A fact's own versions stay in their order.
    """
    withdrawn = {(row.fact, _when(row)) for row in rows if row.entry.status == "withdrawn"}
    changed = {(row.fact, _when(row)) for row in rows if row.entry.version > 1}

    def place(numbered: tuple[int, Given]):
        number, row = numbered
        key = (row.fact, _when(row))
        rank = 0 if key in withdrawn else 1 if key in changed else 2
        return _when(row), rank, first_of[row.fact], row.entry.version, number

    first_of: dict[tuple, int] = {}
    for number, row in enumerate(rows):
        first_of.setdefault(row.fact, number)
    return [row for _number, row in sorted(enumerate(rows), key=place)]


def _when(row: Given) -> datetime:
    return row.entry.recorded_at or LAST


def _replay(model: type[Fact], rows: Sequence[Given], people: dict) -> list[tuple[Given, Fact]]:
    refusals, touched = Refusals(), []
    for is_new, group in groupby(rows, key=lambda row: row.entry.version == 1):
        batch = list(group)
        if is_new:
            touched += _submit(model, batch, people)
            continue
        for row in batch:
            with refusals.undone(row.located):
                touched.append((row, _change(model, row, people)))
    refusals.raise_any()
    return touched


def _change(model: type[Fact], row: Given, people: dict) -> Fact:
    entry, contract = row.entry, row.fields["contract"]
    fact = model.objects.filter(contract=contract, reference=entry.reference).first()
    if fact is None or entry.version != fact.version + 1:
        raise ValidationError(
            _("Version %(version)s of %(reference)s follows none: the next one is %(next)s."),
            params={
                "version": entry.version,
                "reference": entry.reference,
                "next": fact.version + 1 if fact else 1,
            },
        )
    _require_later(row, fact)
    fact.superseded, fact.answered = row.superseded, row.located.confirmed
    fact.known_on = _known_on(entry)
    values = {
        name: value for name, value in row.fields.items() if name not in model.answers or value
    }
    with acting_as(people.get(entry.recorded_by), at=entry.recorded_at):
        return change_one(fact, reason=entry.reason, status=entry.status, **values)


def _require_later(row: Given, fact: Fact) -> None:
    """Refuse a version recorded before the one it follows: history is ordered by its dates."""
    dates = fact.history.order_by("-history_date").values_list("history_date", flat=True)
    moment, last = row.entry.recorded_at or current_time(), dates.first()
    if moment < last:
        raise ValidationError(
            _("recorded_at %(moment)s lies before version %(version)s, recorded at %(last)s."),
            params={
                "moment": moment.isoformat(),
                "version": fact.version,
                "last": timezone.localtime(last).isoformat(),
            },
        )


@dataclass(frozen=True)
class Version:
    """One version of a fact, as its history row, with what every entry carries."""

    row: object
    common: dict


def dump_versions(model: type[Fact]) -> Iterator[Version]:
    """Yield all versions of all facts, by contract, reference and number."""
    usernames = dict(get_user_model().objects.values_list("pk", "username"))
    order = [*by_text("contract__number", "reference"), "version"]
    for row in model.history.order_by(*order).iterator():
        yield Version(
            row=row,
            common={
                "reference": row.reference,
                "version": row.version,
                "status": row.status,
                "reason": row.reason,
                "recorded_at": timezone.localtime(row.history_date),
                "recorded_by": usernames.get(row.history_user_id, ""),
            },
        )
