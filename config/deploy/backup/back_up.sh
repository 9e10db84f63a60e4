#!/bin/sh
# Back up one part of an installation, while it runs:
#
#   back_up.sh database FOLDER   a base backup below FOLDER/base; with the log that archive_wal.sh
#                                keeps in FOLDER/wal it leads to any moment since (restore.sh)
#   back_up.sh files FOLDER      the folder MEDIA_ROOT as it is now; what has not changed is linked
#   back_up.sh dump FILE         the database that DATABASE_URL names, as one file for pg_restore
#
# KEEP says how many stay (14 base backups, 336 of the files). Programs of PostgreSQL that are in no
# PATH are looked for in POSTGRESQL_PROGRAMS, the folder of 16/bin (Debian's unless set).
# Nobody else can read what it writes. It says what went wrong and ends with another code than 0;
# then the backups before are untouched.
set -eu
umask 077

now() { date -u +%Y%m%dT%H%M%SZ; }

# Names sort by time. What is unfinished is left by a backup that broke off.
finished() { find "$1" -mindepth 1 -maxdepth 1 -type d ! -name '*.unfinished' | sort; }

forget_all_but() {
    finished "$2" | head -n "-$1" | while read -r outdated; do rm -rf "$outdated"; done
}

# Debian links the programs of PostgreSQL to where everybody finds them, pg_verifybackup excepted.
find_programs() {
    command -v pg_verifybackup >/dev/null && return
    version=$(psql --no-psqlrc --no-password --no-align --tuples-only --dbname=postgres \
        --command="SELECT current_setting('server_version_num')::int / 10000")
    PATH=$PATH:${POSTGRESQL_PROGRAMS:-/usr/lib/postgresql}/$version/bin
}

database() {
    find_programs
    base=$1/base
    mkdir -p "$base" "$1/wal"
    unfinished=$base/$$.unfinished
    rm -rf "$base"/*.unfinished
    # With the log that belongs to it: complete even where the archive fails.
    pg_basebackup --pgdata="$unfinished" --checkpoint=fast --wal-method=stream --no-password
    pg_verifybackup --quiet "$unfinished"
    # Named by its end: from there on every moment can be reached.
    mv "$unfinished" "$base/$(now)"
    forget_all_but "${KEEP:-14}" "$base"
    oldest=$(finished "$base" | head -n 1)
    needed=$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$oldest/backup_label")
    pg_archivecleanup "$1/wal" "$needed"
}

files() {
    mkdir -p "$1"
    target=$(cd "$1" && pwd)
    rm -rf "$target"/*.unfinished
    unfinished=$target/$$.unfinished
    before=$(finished "$target" | tail -n 1)
    # 24: a file went while it was copied, because somebody's data were erased.
    rsync --archive --chmod=D700,F600 ${before:+"--link-dest=$before"} \
        "$MEDIA_ROOT/" "$unfinished/" || [ $? -eq 24 ]
    name=$(now)
    # Two within one second are one.
    rm -rf "${target:?}/$name"
    mv "$unfinished" "$target/$name"
    forget_all_but "${KEEP:-336}" "$target"
}

dump() {
    pg_dump --format=custom --file="$1.unfinished" --no-password "$DATABASE_URL"
    mv "$1.unfinished" "$1"
}

if [ $# -ne 2 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
case $1 in
    database | files | dump) "$1" "$2" ;;
    *) echo "back_up: database, files or dump, not $1" >&2; exit 2 ;;
esac
