"""Columns that say whether another row is there, because much is asked by them.

A model names its rule in a class attribute::

    class Appointment(Tracked):
        recorded = models.BooleanField(default=False, db_default=False, editable=False)
        notes = Notes("recorded", "forms.ServiceRecord", reference="reference", …)

Triggers on SQLite and PostgreSQL then keep the column, whoever writes, from whichever side: of what
is said of it on the way in, nothing counts. They are installed with those of frozen rows
(`base.immutability`), after the migrations; what was written before they were there is set right
then (`set_right`). `manage.py check_history` names rows of which it is not true (`untrue`).

On PostgreSQL a row that comes or goes writes those that may have to note something else, and each
of these looks again while it is written, with its lock held: so of two sessions that write at the
same moment the later one sees what the other did, where the row that notes is stored already. What
nobody can see yet it cannot: a row and the one it notes, stored by two sessions at once under one
reference, as by two files (`set_right` finds it). What seems right already is not written: whoever
adds and withdraws rows about one thing at the same moment has to wait for each other by a lock of
their own, as those do who write service records (they lock the cases).
"""

from collections.abc import Iterator, Mapping, Sequence

from django.apps import apps
from django.db import connection, models
from django.db.models.options import Options

from base.immutability import literals
from base.repeating import value_of
from base.triggers import NEW_ROWS, OLD_ROWS, Trigger, postgresql_trigger, trigger_name


class Notes:
    """`column` says whether a row of the model `of` is there that says the same.

    `same` names fields of the other row and where the values come from that they are compared
    with: a field of the own row, which finds it, and fields of rows that a key leads to
    (`case__contract`). What is empty is the same as nothing. `where` names fields and values of
    the rows that count.
    """

    def __init__(
        self, column: str, of: str, *, where: Mapping[str, tuple] | None = None, **same: str
    ):
        if any(path.count("__") > 1 for path in same.values()):
            raise TypeError("a path leads over one key at most")
        if all("__" in path for path in same.values()):
            raise TypeError("one field of the own row must find the other one")
        self.column, self.of, self.same, self.where = column, of, same, dict(where or {})

    def triggers(self, model: type[models.Model], vendor: str, tables: set[str]) -> list[Trigger]:
        """Return the triggers of all tables that it depends on, if these are there."""
        passed = {key.related_model._meta.db_table for key, _column in self._passed(model)}
        if not {model._meta.db_table, self._other.db_table, *passed} <= tables:
            return []
        make = self._on_postgresql if vendor == "postgresql" else self._on_sqlite
        return list(make(model))

    def is_there(self, model: type[models.Model], row: str) -> str:
        """SQL saying whether the other row is there, for a row of the own table."""
        terms = [
            f'noted."{self._other.get_field(name).column}" = {value_of(model, row, path)}'
            for name, path in self.same.items()
        ]
        terms += [
            f'noted."{self._other.get_field(name).column}" IN ({literals(values)})'
            for name, values in self.where.items()
        ]
        found = " AND ".join(terms)
        return f'EXISTS (SELECT 1 FROM "{self._other.db_table}" noted WHERE {found})'  # noqa: S608

    @property
    def _other(self):
        return apps.get_model(self.of)._meta

    @property
    def _compared(self) -> list[str]:
        return [self._other.get_field(name).column for name in (*self.same, *self.where)]

    def _passed(self, model) -> Iterator[tuple[models.ForeignKey, str]]:
        """Yield the keys that paths lead over, each with the column behind it."""
        for path in self.same.values():
            first, _separator, name = path.partition("__")
            if name:
                key = model._meta.get_field(first)
                yield key, key.related_model._meta.get_field(name).column

    def _found_by(self, model) -> tuple[str, str]:
        """Return by which column of the own row which column of the other is found."""
        name, path = next(pair for pair in self.same.items() if "__" not in pair[1])
        return model._meta.get_field(path).column, self._other.get_field(name).column

    def _on_postgresql(self, model) -> Iterator[Trigger]:
        table, beside = model._meta.db_table, self._other.db_table
        column = model._meta.get_field(self.column).column
        for operation in ("INSERT", "UPDATE"):
            body = f'BEGIN NEW."{column}" := {self.is_there(model, "NEW")}; RETURN NEW; END'
            yield postgresql_trigger(_name(table, operation), table, operation, body)
        own, named = self._found_by(model)
        compared = self._compared
        changed = _changed_rows(self._other.pk.column, compared)
        touched = {
            "INSERT": f'NOT "{column}" AND "{own}" IN (SELECT "{named}" FROM {NEW_ROWS})',  # noqa: S608
            "DELETE": f'"{column}" AND "{own}" IN (SELECT "{named}" FROM {OLD_ROWS})',  # noqa: S608
            "UPDATE": f'"{own}" IN (SELECT o."{named}" FROM {changed}'  # noqa: S608
            f' UNION SELECT n."{named}" FROM {changed})',
        }
        for operation, rows in touched.items():
            yield _touching(model._meta, column, rows, beside, operation)
        for key, behind in self._passed(model):
            target = key.target_field.column
            moved = f'SELECT n."{target}" FROM {_changed_rows(target, [behind])}'  # noqa: S608
            rows = f'"{key.column}" IN ({moved})'
            passed = key.related_model._meta.db_table
            yield _touching(model._meta, column, rows, passed, "UPDATE")

    def _on_sqlite(self, model) -> Iterator[Trigger]:
        table, beside = model._meta.db_table, self._other.db_table
        column, key = model._meta.get_field(self.column).column, model._meta.pk.column
        there = self.is_there(model, f'"{table}"')
        set_right = f'UPDATE "{table}" SET "{column}" = {there} WHERE '  # noqa: S608
        for operation in ("INSERT", "UPDATE"):
            when = f'NEW."{column}" IS NOT {self.is_there(model, "NEW")}'
            what = f'{set_right}"{key}" = NEW."{key}"'
            yield _sqlite(_name(table, operation), operation, table, when, what)
        own, named = self._found_by(model)
        compared = self._compared
        for operation, rows in (("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "OLD NEW")):
            names = ", ".join(f'{row}."{named}"' for row in rows.split())
            when = _differs("OLD", "NEW", compared, "IS NOT") if operation == "UPDATE" else "TRUE"
            what = f'{set_right}"{own}" IN ({names})'
            yield _sqlite(_name(table, operation, beside), operation, beside, when, what)
        for foreign, behind in self._passed(model):
            passed, target = foreign.related_model._meta.db_table, foreign.target_field.column
            when = _differs("OLD", "NEW", [behind], "IS NOT")
            what = f'{set_right}"{foreign.column}" = NEW."{target}"'
            yield _sqlite(_name(table, "UPDATE", passed), "UPDATE", passed, when, what)


def untrue(model: type[models.Model]) -> Iterator[int]:
    """Yield the keys of rows that do not say whether the other row is there."""
    table, key = f'"{model._meta.db_table}"', f'"{model._meta.pk.column}"'
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} WHERE {_wrong(model)} ORDER BY {key}")  # noqa: S608
        yield from (pk for (pk,) in cursor.fetchall())


def set_right(model: type[models.Model]) -> None:
    """Let the rows that are not true look again: writing them is enough, triggers do the rest."""
    table, column = f'"{model._meta.db_table}"', f'"{_column(model)}"'
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = NOT {column} WHERE {_wrong(model)}")  # noqa: S608


def _wrong(model: type[models.Model]) -> str:
    table = f'"{model._meta.db_table}"'
    return f'{table}."{_column(model)}" <> {model.notes.is_there(model, table)}'


def _column(model: type[models.Model]) -> str:
    return model._meta.get_field(model.notes.column).column


def _name(table: str, operation: str, of: str = "") -> str:
    """Return a trigger's name; `of` is the other table that it is on."""
    return trigger_name(of or table, f"{f'told_{table}' if of else 'notes'}_{operation.lower()}")


def _differs(old: str, new: str, columns: Sequence[str], word: str = "IS DISTINCT FROM") -> str:
    return " OR ".join(f'{old}."{column}" {word} {new}."{column}"' for column in columns)


def _changed_rows(key: str, columns: Sequence[str]) -> str:
    """SQL of rows o and n, before and after a statement that changed one of these columns."""
    return (
        f'{OLD_ROWS} o JOIN {NEW_ROWS} n ON o."{key}" = n."{key}"'
        f" WHERE {_differs('o', 'n', columns)}"
    )


def _touching(meta: Options, column: str, rows: str, on: str, operation: str) -> Trigger:
    """Return PostgreSQL's trigger that writes rows of a table so that they look again.

    In the order of their keys: who locks several of them otherwise would wait for who waits.
    """
    table, key = meta.db_table, meta.pk.column
    locks = f'PERFORM 1 FROM "{table}" WHERE {rows} ORDER BY "{key}" FOR NO KEY UPDATE'  # noqa: S608
    writes = f'UPDATE "{table}" SET "{column}" = NOT "{column}" WHERE {rows}'  # noqa: S608
    body = f"BEGIN {locks}; {writes}; RETURN NULL; END"
    name = _name(table, operation, on)
    return postgresql_trigger(name, on, operation, body, level="STATEMENT", timing="AFTER")


def _sqlite(name: str, operation: str, table: str, when: str, what: str) -> Trigger:
    sql = (
        f'CREATE TRIGGER "{name}" AFTER {operation} ON "{table}" FOR EACH ROW'
        f" WHEN {when} BEGIN {what}; END"
    )
    return Trigger(name, table, sql)
