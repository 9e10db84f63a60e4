#!/bin/sh
# Keep one finished segment of PostgreSQL's log. PostgreSQL calls it (postgresql.conf):
#
#   wal_level = replica
#   archive_mode = on
#   archive_timeout = 300
#   archive_command = '/srv/fallwerk/config/deploy/backup/archive_wal.sh "%p" /var/backups/fallwerk/database/wal/%f'
#
# It answers 0 only when the segment is safe on the disk; otherwise PostgreSQL keeps it and asks again.
set -eu
umask 077

segment=$1
kept=$2

if [ -e "$kept" ]; then
    # PostgreSQL may ask again for what is kept, after a crash. Another content is another server's.
    cmp -s "$segment" "$kept" && exit 0
    echo "archive_wal: $kept is there already, with another content" >&2
    exit 1
fi
cp "$segment" "$kept.unfinished"
sync "$kept.unfinished"
mv "$kept.unfinished" "$kept"
sync "$(dirname "$kept")"
