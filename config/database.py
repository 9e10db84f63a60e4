"""From a database url to Django's DATABASES entry, the same for all settings."""

from dataclasses import dataclass
from pathlib import Path

import dj_database_url

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"

# A GET must never wait behind a writer (WAL); a transaction that will write must
# queue at its start instead of failing half way with "database is locked" (IMMEDIATE, 20 s).
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
    ),
}


@dataclass(frozen=True)
class Patience:
    """How long either side waits for the other before it gives the connection up, in seconds.

    A peer that is killed says so; one whose network is cut or that is frozen says nothing. All
    of it together must be shorter than what takeover promises (`jobs.lease`): a session of the
    silent keeps its row locks until the server ends it.
    """

    connect: int = 5
    statement: int = 60  # waiting for locks included; `migrate` has no limit
    idle_in_transaction: int = 30  # between two statements of one transaction
    probe_after: int = 10  # nothing heard for so long: ask the other side's network
    probe_every: int = 5
    probes: int = 3

    def options(self) -> dict:
        """Return what libpq is told: its own time-outs, and those of the server's session."""
        unreachable = 1000 * (self.probe_after + self.probe_every * self.probes)  # milliseconds
        session = {
            "statement_timeout": 1000 * self.statement,
            "idle_in_transaction_session_timeout": 1000 * self.idle_in_transaction,
            "tcp_keepalives_idle": self.probe_after,
            "tcp_keepalives_interval": self.probe_every,
            "tcp_keepalives_count": self.probes,
            "tcp_user_timeout": unreachable,
        }
        return {
            "connect_timeout": self.connect,
            "keepalives_idle": self.probe_after,
            "keepalives_interval": self.probe_every,
            "keepalives_count": self.probes,
            "tcp_user_timeout": unreachable,
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        }


PATIENCE = Patience()


def database_from_url(url: str, *, base_dir: Path) -> dict:
    """Return the DATABASES entry for `url` (sqlite:///relative/path or postgresql://…).

    A relative SQLite path counts from `base_dir`, not from the working directory.
    What the query of a PostgreSQL url says about the connection goes before `PATIENCE`. Raises
    dj_database_url.UnknownSchemeError or ValueError for a url it cannot read.
    """
    database = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    if database["ENGINE"] == POSTGRESQL:
        own, asked = PATIENCE.options(), database.get("OPTIONS", {})
        session = f"{own['options']} {asked.get('options', '')}".strip()
        database["OPTIONS"] = {**own, **asked, "options": session}
    if database["ENGINE"] != SQLITE:
        return database
    if database["NAME"] != ":memory:":
        database["NAME"] = str(base_dir / database["NAME"])
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"] = {**database.get("OPTIONS", {}), **SQLITE_OPTIONS}
    return database
