"""Writes that leave a mark, so that whoever computes something knows where to look again.

A model names its rule in a class attribute::

    class ServiceRecord(Fact):
        marks = Marks("contracts.ChangeMark", contract="contract", first="day", last="day")

or several, where some of its writes say another thing than others. Triggers on SQLite and
PostgreSQL then append a row to the model named for whatever is added, changed or deleted, on
whatever path, in the transaction that does it. They are installed with those of frozen rows
(`base.immutability`).

Marks are appended, never counted up: two writers about one thing do not wait for each other.
PostgreSQL writes one for each statement, thing and month; SQLite, where one writes at a time, one
for each row unless there is one already.
"""

from collections.abc import Sequence

from django.apps import apps
from django.db import models

from base.repeating import value_of
from base.triggers import NEW_ROWS, OLD_ROWS, Trigger, postgresql_trigger, trigger_name

OPERATIONS = ("INSERT", "UPDATE", "DELETE")


class Marks:
    """Writes append a row to `into` that says what they were about, and for which days.

    `about` names fields of the mark and where their values come from: a field of the row, or a
    path of keys from it; True and False stand for themselves. `first` and `last` name date fields
    of the row; without them, and where they are empty, the mark's own defaults stand: from ever,
    for ever. Where `changed` names fields, only what changes one of them leaves a mark; otherwise
    what changes anything but a note of other rows (`base.noting`). `beside`
    names a text field, and what the text is known by beside (fields, or paths of keys): rows that
    say the same in all of these, and have a text, are marked along. What one says of itself, others
    say with it.
    """

    def __init__(
        self,
        into: str,
        *,
        first: str | None = None,
        last: str | None = None,
        changed: Sequence[str] = (),
        beside: Sequence[str] = (),
        **about: str | bool,
    ):
        self.into, self.about, self.days = into, about, {"first": first, "last": last}
        self.changed, self.beside = tuple(changed), tuple(beside)

    def triggers(
        self, model: type[models.Model], vendor: str, tables: set[str], number: int = 1
    ) -> list[Trigger]:
        """Return the triggers of `model`, if its table and that of the marks are there.

        `number` tells apart the rules of one model.
        """
        mark = apps.get_model(self.into)
        if not {model._meta.db_table, mark._meta.db_table} <= tables:
            return []
        make = self._on_postgresql if vendor == "postgresql" else self._on_sqlite
        rule = "mark" if number == 1 else f"mark{number}"
        operations = ("UPDATE",) if self.changed else OPERATIONS
        return [make(model, mark, operation, rule) for operation in operations]

    def _on_postgresql(self, model, mark, operation: str, rule: str) -> Trigger:
        table = model._meta.db_table
        seen = {"INSERT": [NEW_ROWS], "DELETE": [OLD_ROWS]}.get(operation, [OLD_ROWS, NEW_ROWS])
        touched = " UNION ALL ".join(
            f"SELECT {self._values(model, mark, 'r', 'DATE ')} FROM {rows} r"  # noqa: S608
            + self._only_changed(model, rows, operation)
            for rows in seen
        )
        for rows in seen if self.beside else ():
            touched += (
                f" UNION ALL SELECT {self._values(model, mark, 'b', 'DATE ')} FROM {rows} r"  # noqa: S608
                f' JOIN "{table}" b ON {self._beside(model, "r", "b")}'
            )
        names = self._names(mark)
        keys = ", ".join(names[:-2])
        body = (
            f'BEGIN INSERT INTO "{mark._meta.db_table}" ({", ".join(names)})'  # noqa: S608
            f" SELECT {keys}, MIN({names[-2]}), MAX({names[-1]})"
            f" FROM ({touched}) touched ({', '.join(names)})"
            f" GROUP BY {keys}, date_trunc('month', {names[-2]}); RETURN NULL; END"
        )
        name = trigger_name(table, f"{rule}_{operation.lower()}")
        return postgresql_trigger(name, table, operation, body, level="STATEMENT", timing="AFTER")

    def _only_changed(self, model, rows: str, operation: str) -> str:
        if not (self._columns(model) and operation == "UPDATE"):
            return ""
        key, other = model._meta.pk.column, OLD_ROWS if rows == NEW_ROWS else NEW_ROWS
        differs = " OR ".join(
            f'o."{column}" IS DISTINCT FROM r."{column}"' for column in self._columns(model)
        )
        found = f'SELECT 1 FROM {other} o WHERE o."{key}" = r."{key}" AND ({differs})'  # noqa: S608
        return f" WHERE EXISTS ({found})"

    def _on_sqlite(self, model, mark, operation: str, rule: str) -> Trigger:
        table, marks = model._meta.db_table, mark._meta.db_table
        names = self._names(mark)
        *keys, first, last = names
        rows = {"INSERT": ["NEW"], "DELETE": ["OLD"]}.get(operation, ["OLD", "NEW"])
        written = "".join(
            f'INSERT INTO "{marks}" ({", ".join(names)})'  # noqa: S608
            f" SELECT t.* FROM (SELECT {self._values(model, mark, row, '', named=True)}) t"
            f' WHERE NOT EXISTS (SELECT 1 FROM "{marks}" m WHERE '
            + " AND ".join(f"m.{key} = t.{key}" for key in keys)
            + f" AND m.{first} <= t.{first} AND m.{last} >= t.{last}); "
            for row in rows
        )
        for row in rows if self.beside else ():
            written += (
                f'INSERT INTO "{marks}" ({", ".join(names)})'  # noqa: S608
                f" SELECT DISTINCT {self._values(model, mark, 'b', '')}"
                f' FROM "{table}" b WHERE {self._beside(model, row, "b")}; '
            )
        differs = " OR ".join(
            f'OLD."{column}" IS NOT NEW."{column}"' for column in self._columns(model)
        )
        when = f" WHEN {differs}" if differs and operation == "UPDATE" else ""
        name = trigger_name(table, f"{rule}_{operation.lower()}")
        sql = (
            f'CREATE TRIGGER "{name}" AFTER {operation} ON "{table}" FOR EACH ROW{when}'
            f" BEGIN {written}END"
        )
        return Trigger(name, table, sql)

    def _beside(self, model, row: str, other: str) -> str:
        same = [
            f"{value_of(model, other, path)} = {value_of(model, row, path)}" for path in self.beside
        ]
        return " AND ".join([*same, f"{value_of(model, other, self.beside[0])} <> ''"])

    def _names(self, mark) -> list[str]:
        fields = [*self.about, *self.days]
        return [f'"{mark._meta.get_field(name).column}"' for name in fields]

    def _columns(self, model) -> list[str]:
        """Return the columns whose change leaves a mark; none where every write does."""
        names = self.changed
        if not names and (rule := getattr(model, "notes", None)):
            names = [each.name for each in model._meta.concrete_fields if each.name != rule.column]
        return [model._meta.get_field(name).column for name in names]

    def _values(self, model, mark, row: str, date: str, *, named: bool = False) -> str:
        """SQL of what a mark says of a row."""
        values = [
            str(source).upper() if isinstance(source, bool) else value_of(model, row, source)
            for source in self.about.values()
        ]
        for name, source in self.days.items():
            default = f"{date}'{mark._meta.get_field(name).default.isoformat()}'"
            value = source and value_of(model, row, source)
            values.append(f"COALESCE({value}, {default})" if value else default)
        if named:
            values = [
                f"{value} AS {name}" for value, name in zip(values, self._names(mark), strict=True)
            ]
        return ", ".join(values)
