"""From a database url to Django's DATABASES entry, the same for all settings."""

from pathlib import Path

import dj_database_url

SQLITE = "django.db.backends.sqlite3"

# A GET must never wait behind a writer (WAL); a transaction that will write must
# queue at its start instead of failing half way with "database is locked" (IMMEDIATE, 20 s).
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
    ),
}


def database_from_url(url: str, *, base_dir: Path) -> dict:
    """Return the DATABASES entry for `url` (sqlite:///relative/path or postgresql://…).

    A relative SQLite path counts from `base_dir`, not from the working directory.
    Raises dj_database_url.UnknownSchemeError or ValueError for a url it cannot read.
    """
    database = dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    if database["ENGINE"] != SQLITE:
        return database
    if database["NAME"] != ":memory:":
        database["NAME"] = str(base_dir / database["NAME"])
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"] = {**database.get("OPTIONS", {}), **SQLITE_OPTIONS}
    return database
