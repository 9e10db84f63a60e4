"""What conftest watches for in every test."""

import json
import re
import sys
from collections.abc import Callable

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection
from django.db.models import QuerySet
from django.template.base import Node

from base.history import HistoryRow, history_model, tracked_models
from base.silent_writes import Difference, differences

OWN_TEMPLATES = tuple(f"{settings.BASE_DIR / app}/" for app in settings.FALLWERK_APPS)


class UndefinedVariable(str):
    """Stands for `string_if_invalid`: fails the test when one of our templates names nothing.

    Django asks for its truth when a variable is undefined. For the templates of libraries it
    is as empty as the default, so that their filters (`default`, `yesno`) work as ever.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        caller = sys._getframe(1)
        if caller.f_code.co_name == "resolve" and (name := _own_template(caller)):
            variable = getattr(caller.f_locals.get("self"), "var", "?")
            pytest.fail(f"undefined variable {str(variable)!r} in template {name}")
        return False


def _own_template(frame) -> str | None:
    """Return the name of the template whose node is being rendered, if it is one of ours."""
    while frame is not None:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and (origin := getattr(node, "origin", None)):
            return origin.name if str(origin.name).startswith(OWN_TEMPLATES) else None
        frame = frame.f_back
    return None


def fetch_all_reversed(original: Callable) -> Callable:
    """Wrap `QuerySet._fetch_all`: rows of ours that nobody ordered come last row first.

    Databases promise no order, yet both mostly return rows as they were written, until an update
    or a vacuum. Slices are left alone: reversed, they would hold other rows.
    """

    def fetch_all(rows: QuerySet) -> None:
        fetched = rows._result_cache is None
        original(rows)
        own = rows.model._meta.app_label in settings.FALLWERK_APPS
        if fetched and own and not rows.ordered and not rows.query.is_sliced:
            rows._result_cache.reverse()

    return fetch_all


def content_types_first(original: Callable) -> Callable:
    """Wrap the restoring of the first rows after a test with real transactions.

    Making an instance of some Wagtail models already looks for its content type, and would
    create it under a new key before the one to be restored comes. History that is there already,
    as before the first such test, is not written again: the database refuses that.
    """

    def deserialize_db_from_string(creation, data: str) -> None:
        first = json.loads(data)
        rows = [row for row in first if row["model"] == "contenttypes.contenttype"]
        ContentType.objects.clear_cache()
        ContentType.objects.bulk_create(
            [ContentType(pk=row["pk"], **row["fields"]) for row in rows],
            ignore_conflicts=True,  # before the first such test they are all there
        )
        original(creation, json.dumps([row for row in first if not _is_kept(row)]))
        # They come with their keys; a test may have emptied the tables and begun to count anew.
        models = {apps.get_model(row["model"]) for row in first}
        with creation.connection.cursor() as cursor:
            for sql in creation.connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(sql)

    return deserialize_db_from_string


def _is_kept(row: dict) -> bool:
    """Whether a row of history is there."""
    model = apps.get_model(row["model"])
    return issubclass(model, HistoryRow) and model.objects.filter(pk=row["pk"]).exists()


class Written:
    """The tables that were written to since they were last asked for.

    `note` is one of a connection's `execute_wrappers`. What it cannot read counts as a write to
    every table.
    """

    WRITE = re.compile(r'(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|COPY) "?(\w+)', re.I)
    READS = re.compile(
        r"\(*(?:(?:SELECT|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET|PRAGMA|EXPLAIN|ANALYZE)\b"
        r"|WITH\b(?!.*\b(?:INSERT|UPDATE|DELETE)\b))",
        re.I | re.S,
    )

    def __init__(self):
        self.tables: set[str] = set()
        self.anything = False

    def note(self, execute: Callable, sql, params, many, context):
        """Note what a statement writes to, then let it be executed."""
        self.note_statement(str(sql))
        return execute(sql, params, many, context)

    def note_statement(self, sql: str) -> None:
        """Note what a statement writes to."""
        text = sql.lstrip()
        if found := self.WRITE.match(text):
            self.tables.add(found.group(1))
        elif not self.READS.match(text):
            self.anything = True

    def take(self) -> set[str] | None:
        """Return the tables, None for any of them, and begin anew."""
        tables = None if self.anything else self.tables
        self.tables, self.anything = set(), False
        return tables


def history_differences(tables: set[str] | None = None) -> list[Difference]:
    """Return where history and live rows differ, of the models that have any rows now.

    One statement finds those; most tests write to a few of many. Only models with one of the
    `tables`, where given, their own or that of their history.
    """
    models = {
        model._meta.label: model
        for model in tracked_models()
        if tables is None or tables & {model._meta.db_table, history_model(model)._meta.db_table}
    }
    if not models:
        return []
    asked = " UNION ALL ".join(
        f"SELECT '{label}' WHERE EXISTS (SELECT 1 FROM \"{model._meta.db_table}\")"  # noqa: S608
        f' OR EXISTS (SELECT 1 FROM "{history_model(model)._meta.db_table}")'
        for label, model in models.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return differences([models[label] for (label,) in cursor.fetchall()])
