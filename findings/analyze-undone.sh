#!/usr/bin/env bash
# Guess: ANALYZE inside a transaction tells the planner how many rows there are, and costs nothing
#   afterwards: at most a table of figures that is undone with all else.
# Seen (apsw 3.54.1.0 with SQLite 3.54.1, 1 December 2026): where it had to make its table of figures,
#   each ROLLBACK TO a savepoint of that transaction throws away what SQLite knows of the whole
#   schema, whatever was written since, and the next statement reads all of it anew: with hundreds
#   of tables 25 ms for each savepoint. A test that sends 330 forms and undoes each, in savepoints of
#   one transaction as Django's tests do, took 28 s so, and 15 s without. Where the table of figures
#   is there already, nothing is thrown away.
# So: ask SQLite for figures before the transaction, or not at all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'apsw==3.54.1.0'
"$folder/venv/bin/python" - <<'END'
import apsw

print("apsw", apsw.apsw_version(), "SQLite", apsw.sqlite_lib_version())


def known() -> int:
    """Bytes that hold what is known of the schema."""
    return database.status(apsw.SQLITE_DBSTATUS_SCHEMA_USED)[0]


def kept_after(*, figures_before: bool, figures_inside: bool) -> bool:
    """Whether the schema is still known after a row was written and undone."""
    global database
    database = apsw.Connection(":memory:")
    for number in range(300):
        database.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a, b)")
        database.execute(f"CREATE INDEX i{number} ON t{number} (a, b)")
    if figures_before:
        database.execute("ANALYZE")
    database.execute("BEGIN; INSERT INTO t0 (a) VALUES (1)")
    if figures_inside:
        database.execute("ANALYZE")
    left = []
    for _time in range(3):
        database.execute("SAVEPOINT s; INSERT INTO t1 (a) VALUES (1)")
        before = known()
        database.execute("ROLLBACK TO s")
        left.append(known() > before / 2)
        database.execute("RELEASE s")
    assert len(set(left)) == 1, left
    return left[0]


seen = {
    (before, inside): kept_after(figures_before=before, figures_inside=inside)
    for before in (False, True)
    for inside in (False, True)
}
for (before, inside), kept in seen.items():
    print(f"  figures before: {before}, inside: {inside}: schema {'kept' if kept else 'thrown away'}")
assert seen == {
    (False, False): True, (False, True): False, (True, False): True, (True, True): True,
}, seen
END
