"""Rows that repeat what another row says, because much is asked of them without it.

A model names its rule in a class attribute::

    class ServiceRecord(Fact):
        repeats = Repeats("attends", where={"status": ("submitted",)}, day="day", …)

Triggers on SQLite and PostgreSQL then refuse a repetition that says something else, from
whichever side it comes, with an IntegrityError saying "contradicts: <table>". They are installed
with those of frozen rows (`base.immutability`), and pass what the gate lets pass.

The key names the row *as it is*: its target is a column that changes whenever what is repeated
changes. Keys are asked for when a transaction ends, so no transaction ends before all who repeat
a row follow its change.
"""

from collections.abc import Iterator, Mapping

from django.db import models

from base.immutability import Guard, literals


class Repeats:
    """Columns of a model say the same as columns of the row that `key` names.

    `where` names fields and values of the rows that are bound; `columns` says which column of the
    other row each repeats. A path (`contract__provider`) is repeated by way of the rows it leads
    through.
    """

    def __init__(self, key: str, *, where: Mapping[str, tuple], **columns: str):
        self.key, self.where, self.columns = key, dict(where), columns

    def guards(self, model: type[models.Model]) -> Iterator[tuple[str, Guard]]:
        """Yield tables with what their triggers have to stop: on both sides."""
        key = model._meta.get_field(self.key)
        repeated = key.related_model
        own, other = model._meta.db_table, repeated._meta.db_table
        for operation in ("INSERT", "UPDATE"):
            said = self._contradicts(model, "NEW", repeated, "other")
            found = f'SELECT 1 FROM "{other}" other WHERE {said}'  # noqa: S608
            yield own, Guard(operation, f"EXISTS ({found})", says="contradicts")
            said = self._contradicts(model, "own", repeated, "NEW")
            found = f'SELECT 1 FROM "{own}" own WHERE {said}'  # noqa: S608
            yield other, Guard(operation, f"EXISTS ({found})", says="contradicts")

    def _contradicts(self, model, row: str, repeated, other: str) -> str:
        key = model._meta.get_field(self.key)
        named = f'{row}."{key.column}" = {other}."{key.target_field.column}"'
        bound = [
            f'{row}."{model._meta.get_field(name).column}" IN ({literals(values)})'
            for name, values in self.where.items()
        ]
        same = [
            _same(value_of(model, row, path), f'{other}."{repeated._meta.get_field(name).column}"')
            for path, name in self.columns.items()
        ]
        return " AND ".join([named, *bound, f"NOT ({' AND '.join(same)})"])


def _same(one: str, other: str) -> str:
    """Null-safe in words that both databases understand."""
    return f"COALESCE({one} = {other}, {one} IS NULL AND {other} IS NULL)"


def value_of(model: type[models.Model], row: str, path: str) -> str:
    """SQL of a column of a row, or of the row that a path of keys leads to."""
    first, *others = path.split("__")
    field = model._meta.get_field(first)
    value = f'{row}."{field.column}"'
    for name in others:
        target = field.related_model
        table, column = target._meta.db_table, field.target_field.column
        field = target._meta.get_field(name)
        value = f'(SELECT "{field.column}" FROM "{table}" WHERE "{column}" = {value})'  # noqa: S608
    return value
