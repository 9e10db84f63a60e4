"""The clock that all hosts share: the database's.

What one host writes and another compares with its own clock, such as signs of life, is only as
good as the worse of two clocks. Business dates and what is shown stay with `timezone.now()`.
"""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """Return the moment by the clock of the database; SQLite has that of the host it is on.

    Not the beginning of the transaction that is open, but now.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
