"""Frozen rows: declared on the model, enforced by triggers of the database.

A model names its rule in a class attribute::

    class StatementLine(models.Model):
        frozen = WithParent("statement", status=("issued",))

Triggers on SQLite and PostgreSQL then refuse what the rule forbids, whoever asks, with an
IntegrityError saying "frozen: <table>". They are installed after every migrate. The only way
past them is `opened_gate(reason)`, which leaves a log row.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from base.acting import current_actor_id
from base.triggers import Trigger, drop, installed, postgresql_trigger, trigger_name

GATE_TABLE = "base_gateopening"
GATE_IS_OPEN = f"EXISTS (SELECT 1 FROM {GATE_TABLE} WHERE closed_at IS NULL)"  # noqa: S608

Operation = Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]


@dataclass(frozen=True)
class Guard:
    """One trigger in the making: which rows of which operation it stops.

    `condition` is SQL over OLD and NEW that both databases understand. A `gated` guard lets
    everything pass while the gate is open. A `silent` one skips the row instead of refusing.
    `says` begins what is said to whoever is refused.
    """

    operation: Operation
    condition: str
    gated: bool = True
    silent: bool = False
    says: str = "frozen"

    @property
    def suffix(self) -> str:
        return "keep" if self.silent else self.operation.lower()


class Frozen(ABC):
    """A rule saying which rows of a model never change again."""

    @abstractmethod
    def guards(self, model: type[models.Model]) -> list[Guard]:
        """What the triggers of `model` have to stop."""


class Always(Frozen):
    """No row is ever changed or deleted."""

    def guards(self, model):
        return [Guard("UPDATE", "TRUE"), Guard("DELETE", "TRUE")]


class AppendOnly(Always):
    """A log: rows are added, never changed or deleted. Same as `Always`, the name says why."""


class When(Frozen):
    """Rows are frozen once each named field holds one of the values given for it.

    `When(status=("issued",))` lets a draft become issued and refuses whatever comes after.
    """

    def __init__(self, **values: tuple):
        self.values = _checked(values)

    def guards(self, model):
        condition = _holds(model, "OLD", self.values)
        return [Guard("UPDATE", condition), Guard("DELETE", condition)]


class WithParent(Frozen):
    """Rows are neither added, changed nor deleted while their parent holds the values.

    `parent` names a foreign key, or a path of them: `WithParent("line__statement", …)`.
    """

    def __init__(self, parent: str, **values: tuple):
        self.parent = parent
        self.values = _checked(values)

    def guards(self, model):
        old, new = self._condition(model, "OLD"), self._condition(model, "NEW")
        return [Guard("INSERT", new), Guard("UPDATE", f"{old} OR {new}"), Guard("DELETE", old)]

    def _condition(self, model: type[models.Model], row: str) -> str:
        first, *others = self.parent.split("__")
        key = model._meta.get_field(first)
        parent, alias = key.related_model, "p1"
        joined = f'"{parent._meta.db_table}" {alias}'
        start = f'{alias}."{key.target_field.column}" = {row}."{key.column}"'
        for number, name in enumerate(others, start=2):
            key, child = parent._meta.get_field(name), alias
            parent, alias = key.related_model, f"p{number}"
            joined += (
                f' JOIN "{parent._meta.db_table}" {alias}'
                f' ON {alias}."{key.target_field.column}" = {child}."{key.column}"'
            )
        holds = _holds(parent, alias, self.values)
        return f"EXISTS (SELECT 1 FROM {joined} WHERE {start} AND {holds})"  # noqa: S608


class Columns(Frozen):
    """Some columns keep what they were given when the row was added; the rest of it changes."""

    def __init__(self, *names: str):
        if not names:
            raise TypeError("name at least one field")
        self.names = names

    def guards(self, model):
        return [Guard("UPDATE", _changes(model._meta.get_field(name) for name in self.names))]


class ClosedOnce(Frozen):
    """Rows are opened, closed once by filling `closing`, and otherwise never changed.

    Made for the gate's own log, so an open gate is no way past it, and an open row survives
    every deletion: whatever the gate let through, its opening stays on record.
    """

    def __init__(self, closing: str):
        self.closing = closing

    def guards(self, model):
        closing = model._meta.get_field(self.closing).column
        changed = _changes(f for f in model._meta.concrete_fields if f.column != closing)
        return [
            Guard("UPDATE", f'OLD."{closing}" IS NOT NULL OR {changed}', gated=False),
            Guard("DELETE", "TRUE"),
            Guard("DELETE", f'OLD."{closing}" IS NULL', gated=False, silent=True),
        ]


class Kept(Columns):
    """Some columns keep what they were given, and no row is deleted."""

    def guards(self, model):
        return [*super().guards(model), Guard("DELETE", "TRUE")]


def _changes(fields: Iterable[models.Field]) -> str:
    """SQL saying that one of these columns of a row changes."""
    # Null-safe in words that both databases understand.
    return " OR ".join(
        f'COALESCE(OLD."{field.column}" <> NEW."{field.column}",'
        f' (OLD."{field.column}" IS NULL) <> (NEW."{field.column}" IS NULL))'
        for field in fields
    )


def _checked(values: dict[str, tuple]) -> dict[str, tuple]:
    for name, allowed in values.items():
        if isinstance(allowed, str) or not allowed:
            raise TypeError(f"{name} needs a tuple of values")
    if not values:
        raise TypeError("name at least one field and its values")
    return values


def _holds(model: type[models.Model], row: str, values: dict[str, tuple]) -> str:
    """SQL saying that `row` of `model` holds one of the values in each named field."""
    terms = []
    for name, allowed in values.items():
        column = model._meta.get_field(name).column
        terms.append(f'{row}."{column}" IN ({literals(allowed)})')
    return " AND ".join(terms)


def literals(values: tuple[str | int | bool, ...]) -> str:
    """Return values as a list of SQL."""
    return ", ".join(map(_literal, values))


def _literal(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(int(value))
    return "'" + str(value).replace("'", "''") + "'"


def frozen_models() -> list[type[models.Model]]:
    """All models with a rule, in a fixed order."""
    found = [
        model
        for model in apps.get_models()
        if isinstance(getattr(model, "frozen", None), Frozen)
        and model._meta.managed
        and not model._meta.proxy
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def _sqlite_trigger(table: str, guard: Guard) -> Trigger:
    name = trigger_name(table, guard.suffix)
    condition = f"({guard.condition}) AND NOT {GATE_IS_OPEN}" if guard.gated else guard.condition
    answer = "RAISE(IGNORE)" if guard.silent else f"RAISE(ABORT, '{guard.says}: {table}')"
    sql = (
        f'CREATE TRIGGER "{name}" BEFORE {guard.operation} ON "{table}" FOR EACH ROW'
        f" WHEN {condition} BEGIN SELECT {answer}; END"
    )
    return Trigger(name, table, sql)


def _postgresql_trigger(table: str, guard: Guard) -> Trigger:
    name = trigger_name(table, guard.suffix)
    # As IntegrityError, like SQLite's ABORT, so that callers need not know the database.
    refuse = (
        f"RAISE EXCEPTION '{guard.says}: {table}' USING ERRCODE = 'integrity_constraint_violation';"
    )
    answer = "RETURN NULL;" if guard.silent else refuse
    if guard.gated:
        # Nested, not ANDed: the gate is looked up only for the rows the rule is about.
        answer = f"IF NOT {GATE_IS_OPEN} THEN {answer} END IF;"
    passing = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(guard.operation, "NEW")
    # Conditions stand in the body: columns named in a WHEN clause could not be altered.
    body = f"BEGIN IF {guard.condition} THEN {answer} END IF; RETURN {passing}; END"
    level = "STATEMENT" if guard.operation == "TRUNCATE" else "ROW"
    return postgresql_trigger(name, table, guard.operation, body, level=level)


def _expected(connection) -> list[Trigger]:
    tables = set(connection.introspection.table_names())
    if GATE_TABLE not in tables:
        return []
    wanted = []
    for model in frozen_models():
        if (table := model._meta.db_table) not in tables:
            continue
        guards = model.frozen.guards(model)
        if connection.vendor == "postgresql":
            guards = [*guards, Guard("TRUNCATE", "TRUE")]
            wanted += [_postgresql_trigger(table, guard) for guard in guards]
        else:
            wanted += [_sqlite_trigger(table, guard) for guard in guards]
    make = _postgresql_trigger if connection.vendor == "postgresql" else _sqlite_trigger
    for model, rule in ruled("repeats"):  # base.repeating
        guards = [each for each in rule.guards(model) if each[0] in tables]
        wanted += [make(table, guard) for table, guard in guards]
    for model, rules in ruled("marks"):  # base.marking
        for number, rule in enumerate(rules if isinstance(rules, tuple) else (rules,), 1):
            wanted += rule.triggers(model, connection.vendor, tables, number)
    for model, rule in ruled("notes"):  # base.noting
        wanted += rule.triggers(model, connection.vendor, tables)
    return wanted


def ruled(attribute: str) -> Iterator[tuple[type[models.Model], Any]]:
    """Yield models with the rule they name there; histories repeat what their model names."""
    for model in apps.get_models():
        rule = getattr(model, attribute, None)
        if rule and model._meta.managed and not hasattr(model, "instance_type"):
            yield model, rule


def expected_triggers(connection) -> dict[str, str]:
    """Name and SQL of every trigger the rules ask for, on the tables that exist."""
    return {trigger.name: trigger.sql for trigger in _expected(connection)}


def installed_triggers(connection) -> dict[str, str]:
    """Name and SQL of the triggers the database has now, in the form of `expected_triggers`."""
    return {trigger.name: trigger.sql for trigger in installed(connection)}


def install_triggers(connection) -> int:
    """Make the database's triggers those the rules ask for; return how many were renewed."""
    wanted = {trigger.name: trigger for trigger in _expected(connection)}
    present = {trigger.name: trigger for trigger in installed(connection)}
    outdated = [trigger for name, trigger in present.items() if wanted.get(name) != trigger]
    missing = [trigger for name, trigger in wanted.items() if present.get(name) != trigger]
    if not outdated and not missing:
        return 0
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for trigger in outdated:
            drop(connection, cursor, trigger)
        for trigger in missing:
            cursor.execute(trigger.sql)
    return len(missing)


def remove_triggers(connection) -> None:
    """Drop all frozen triggers: for tests, and before SQLite migrations, which rename tables.

    Until the next `install_triggers()` nothing is protected; `check_history` says so.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for trigger in installed(connection):
            drop(connection, cursor, trigger)


def trigger_findings(connection) -> Iterator[str]:
    """One sentence for each trigger that is missing, altered, disabled or not asked for."""
    expected, installed = expected_triggers(connection), installed_triggers(connection)
    for name in sorted(expected.keys() | installed.keys()):
        if name not in installed:
            yield f"trigger {name} is missing"
        elif name not in expected:
            yield f"trigger {name} belongs to no rule"
        elif expected[name] != installed[name]:
            yield f"trigger {name} is altered or disabled"


@contextmanager
def opened_gate(reason: str) -> Iterator[models.Model]:
    """Let frozen rows be changed inside: for erasure, data migrations, emptying the database.

    Everything happens in one transaction, and the opening is visible only to it: nobody else
    passes meanwhile. Writes a GateOpening row with reason and actor, closed at the end; on an
    exception row and changes vanish together. Raises ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("opening the gate needs a reason")
    openings = apps.get_model("base", "GateOpening").objects
    with transaction.atomic():
        opening = openings.create(
            reason=reason, opened_by=current_actor_id(), opened_at=timezone.now()
        )
        yield opening
        closed_at = max(timezone.now(), opening.opened_at)  # clocks are set back at times
        if not openings.filter(pk=opening.pk).update(closed_at=closed_at):
            # Emptied tables include the log itself; what emptied them stays on record.
            openings.create(
                reason=reason,
                opened_by=opening.opened_by,
                opened_at=opening.opened_at,
                closed_at=closed_at,
            )
