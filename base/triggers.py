"""Triggers in the words of both databases: made, found again, compared, removed.

Which there are to be is decided by rules on models (`base.immutability`, `base.repeating`,
`base.marking`, `base.noting`); `base.immutability` keeps the one list of them all.
"""

from dataclasses import dataclass

from django.db.backends.utils import truncate_name

PREFIX = "frozen_"
LONGEST_NAME = 63  # of a PostgreSQL identifier, in bytes

# What PostgreSQL calls the rows of one statement, by operation, in triggers that see them all.
OLD_ROWS, NEW_ROWS = "old_rows", "new_rows"


@dataclass(frozen=True)
class Trigger:
    """A trigger with the words of one vendor for making and removing it."""

    name: str
    table: str
    sql: str


def trigger_name(table: str, suffix: str) -> str:
    """Return the name of a table's trigger, as long as databases allow."""
    return truncate_name(f"{PREFIX}{table}_{suffix}", LONGEST_NAME)


def postgresql_trigger(
    name: str, table: str, operation: str, body: str, *, level: str = "ROW", timing: str = "BEFORE"
) -> Trigger:
    """Return a trigger with its function.

    One that comes AFTER a STATEMENT sees its rows as `old_rows` and `new_rows`.
    """
    seen = []
    if (timing, level) == ("AFTER", "STATEMENT"):
        seen += [f"OLD TABLE AS {OLD_ROWS}"] if operation != "INSERT" else []
        seen += [f"NEW TABLE AS {NEW_ROWS}"] if operation != "DELETE" else []
    referencing = f" REFERENCING {' '.join(seen)}" if seen else ""
    sql = (
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
        f" AS $frozen${body}$frozen$; "
        f'CREATE TRIGGER "{name}" {timing} {operation} ON "{table}"{referencing}'
        f' FOR EACH {level} EXECUTE FUNCTION "{name}"()'
    )
    return Trigger(name, table, sql)


_SQLITE_INSTALLED = (
    "SELECT name, tbl_name, sql FROM sqlite_master"
    " WHERE type = 'trigger' AND substr(name, 1, 7) = 'frozen_'"
)
_POSTGRESQL_INSTALLED = """
    SELECT t.tgname, c.relname, p.proname, p.prosrc, t.tgenabled IN ('O', 'A'),
           CASE WHEN t.tgtype & 1 = 1 THEN 'ROW' ELSE 'STATEMENT' END,
           CASE WHEN t.tgtype & 2 = 0 THEN 'AFTER' ELSE 'BEFORE' END,
           CASE WHEN t.tgtype & 60 = 4 THEN 'INSERT'
                WHEN t.tgtype & 60 = 8 THEN 'DELETE' WHEN t.tgtype & 60 = 16 THEN 'UPDATE'
                WHEN t.tgtype & 60 = 32 THEN 'TRUNCATE' ELSE 'other' END
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND left(t.tgname, 7) = 'frozen_' AND pg_table_is_visible(c.oid)
"""


def installed(connection) -> list[Trigger]:
    """Return the triggers of ours that the database has now."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(_SQLITE_INSTALLED)
            return [Trigger(*row) for row in cursor.fetchall()]
        cursor.execute(_POSTGRESQL_INSTALLED)
        rows = cursor.fetchall()
    triggers = []
    for name, table, function, body, enabled, level, timing, operation in rows:
        found = postgresql_trigger(name, table, operation, body, level=level, timing=timing)
        if not enabled or function != name:
            found = Trigger(name, table, f"disabled or redirected: {found.sql}")
        triggers.append(found)
    return triggers


def drop(connection, cursor, trigger: Trigger) -> None:
    """Remove a trigger, with its function where it has one."""
    if connection.vendor == "postgresql":
        cursor.execute(f'DROP TRIGGER "{trigger.name}" ON "{trigger.table}"')
        cursor.execute(f'DROP FUNCTION IF EXISTS "{trigger.name}"()')
    else:
        cursor.execute(f'DROP TRIGGER "{trigger.name}"')
