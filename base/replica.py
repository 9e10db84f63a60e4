"""Reading from a copy of the database that follows it, where DATABASE_REPLICA_URL names one.

Only what reads much and writes nothing does so, and says it: exports, and lists as files. They see
all that was committed before they began: the copy is waited for until it has come that far. What is
computed from facts reads them under the lock of their contracts (`jobs.marks`), so not from a copy.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections

REPLICA = "replica"
CATCHES_UP_WITHIN = 10  # seconds
LOOKS_EVERY = 0.1  # seconds

logger = logging.getLogger(__name__)
_reads: ContextVar[str] = ContextVar("reads", default=DEFAULT_DB_ALIAS)


class Router:
    """Sends reads where `reading_from_replica` says, and all else to the database itself."""

    def db_for_read(self, model, **hints) -> str:
        """Return where rows of any model are read now; also of those that came from elsewhere."""
        return _reads.get()

    def db_for_write(self, model, **hints) -> str:
        """Return the database: nothing else is written to."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one, other, **hints) -> bool:
        """Rows of both are the same rows."""
        return True

    def allow_migrate(self, db, app_label, **hints) -> bool | None:
        """The copy is migrated by what it follows."""
        return False if db == REPLICA else None


def reads_from() -> str:
    """Return the alias of the database that is read from now."""
    return _reads.get()


@contextmanager
def reading_from_replica() -> Iterator[None]:
    """Let what is read inside come from the replica.

    From the database itself where there is none, where it does not answer or lags too long, and
    inside a transaction, which must see what it wrote.
    """
    named = REPLICA in connections and not connection.in_atomic_block
    ready = named and _has_caught_up()
    token = _reads.set(REPLICA if ready else _reads.get())
    try:
        yield
    finally:
        _reads.reset(token)


def _has_caught_up() -> bool:
    """Wait until the replica has all that was committed until now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        (written,) = cursor.fetchone()
    until = time.monotonic() + CATCHES_UP_WITHIN
    try:
        while not _has(written):
            if time.monotonic() > until:
                logger.warning("The replica lags; reading from the database itself")
                return False
            time.sleep(LOOKS_EVERY)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The replica does not answer (%s); reading from the database itself", error)
        return False
    return True


def _has(written: str) -> bool:
    with connections[REPLICA].cursor() as cursor:
        # Null of a database that follows nobody: a copy that somebody else keeps up.
        cursor.execute(
            "SELECT coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, true)", [str(written)]
        )
        return cursor.fetchone()[0]
