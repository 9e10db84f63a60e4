"""How many rows there are, of many tables at once."""

from collections.abc import Iterable

from django.db import connection


def rows_in(tables: Iterable[str]) -> dict[str, int]:
    """Return the number of rows in each of these tables, by one statement."""
    counts = (f"SELECT '{table}', COUNT(*) FROM \"{table}\"" for table in tables)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        return dict(cursor.fetchall())
