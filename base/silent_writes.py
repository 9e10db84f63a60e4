"""Silent writes: tracked rows that were changed past their history.

The newest history row of a live row says what the live row says; where it does not, somebody
wrote without leaving history.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from django.db import connections, models, router

from base.history import DELETED, history_model, tracked_models


@dataclass(frozen=True)
class Difference:
    """A live row and its newest history row that contradict each other.

    Names the columns, never their values: not everybody who may run the check may read them.
    """

    model: str
    pk: object
    problem: Literal["differs", "without history", "deleted silently", "recorded as deleted"]
    columns: tuple[str, ...] = ()

    def __str__(self):
        columns = f" in {', '.join(self.columns)}" if self.columns else ""
        return f"{self.model} {self.pk}: {self.problem}{columns}"


def differences(models: Iterable[type[models.Model]] | None = None) -> list[Difference]:
    """Where history and live rows of the given (else all) tracked models disagree.

    Two statements per model, whatever the number of rows.
    """
    chosen = tracked_models() if models is None else models
    return [found for model in chosen for found in _differences(model)]


def _differences(model: type[models.Model]) -> Iterator[Difference]:
    connection = connections[router.db_for_read(model)]
    label, key = model._meta.label, model._meta.pk.column
    columns = [field.column for field in history_model(model).tracked_fields]
    with connection.cursor() as cursor:
        cursor.execute(_live_against_newest(model, columns, connection.vendor))
        for pk, last, *changed in cursor.fetchall():
            if last is None:
                yield Difference(label, pk, "without history")
            elif last == DELETED:
                yield Difference(label, pk, "recorded as deleted")
            else:
                names = (name for name, flag in zip(columns, changed, strict=True) if flag)
                yield Difference(label, pk, "differs", tuple(names))
        cursor.execute(
            f'{_newest(model, [key])} SELECT newest."{key}" FROM newest'  # noqa: S608
            f' LEFT JOIN "{model._meta.db_table}" live ON live."{key}" = newest."{key}"'
            f" WHERE live.\"{key}\" IS NULL AND newest.history_type <> '-' ORDER BY 1"
        )
        for (pk,) in cursor.fetchall():
            yield Difference(label, pk, "deleted silently")


def _newest(model: type[models.Model], columns: Collection[str]) -> str:
    """A common table expression with the newest history row of each live row."""
    key = model._meta.pk.column
    copied = ", ".join(f'"{column}"' for column in columns)
    return (
        f"WITH placed AS (SELECT {copied}, history_type, ROW_NUMBER() OVER"  # noqa: S608
        f' (PARTITION BY "{key}" ORDER BY history_date DESC, history_id DESC) AS place'
        f' FROM "{history_model(model)._meta.db_table}"),'
        f" newest AS (SELECT {copied}, history_type FROM placed WHERE place = 1)"
    )


def _live_against_newest(model: type[models.Model], columns: Collection[str], vendor: str) -> str:
    """SQL for live rows that differ, with a flag for each column."""
    key = model._meta.pk.column
    # The null-safe comparison; SQLite knows the standard's words only since 3.39.
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    flags = [f'live."{column}" {differs} newest."{column}"' for column in columns]
    return (
        f'{_newest(model, columns)} SELECT live."{key}", newest.history_type,'  # noqa: S608
        f' {", ".join(flags)} FROM "{model._meta.db_table}" live'
        f' LEFT JOIN newest ON newest."{key}" = live."{key}"'
        f" WHERE newest.history_type IS NULL OR newest.history_type = '-'"
        f" OR {' OR '.join(flags)} ORDER BY 1"
    )
