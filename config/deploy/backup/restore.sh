#!/bin/sh
# Lay out the database as it was at a moment, for a server that is started afterwards:
#
#   restore.sh FOLDER DATA [MOMENT]
#
# FOLDER is that of `back_up.sh database`; DATA is a folder that does not exist or is empty, for the
# new server's data. MOMENT is a time such as '2026-11-30 14:05:00+01:00'; without one, the last that
# the archive holds. Run it as the account that runs PostgreSQL, then start PostgreSQL on DATA: it
# reads the archive up to the moment and begins to work. Nothing in FOLDER is changed, also by that
# server: it archives nothing, or a trial would become what "the last" means. When it is to stay:
#
#   ALTER SYSTEM RESET archive_mode;   then restart PostgreSQL, and back_up.sh database
set -eu
umask 077

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
folder=$(cd "$1" && pwd)
data=$2
moment=${3:-}

fail() { echo "restore: $1" >&2; exit 1; }

case $folder$moment in *[\'\"\\]*) fail "no quotes or backslashes, please" ;; esac
[ -z "$(ls -A "$data" 2>/dev/null)" ] || fail "$data is not empty"

# The newest base backup that had ended by then: names are times, and the end of each.
if [ -n "$moment" ]; then
    latest=$(date -u -d "$moment" +%Y%m%dT%H%M%SZ) || fail "$moment is no time"
else
    latest=99999999T999999Z
fi
base=
for each in "$folder"/base/*Z; do
    name=${each##*/}
    [ "$(printf '%s\n%s\n' "$name" "$latest" | sort | head -n 1)" = "$name" ] && base=$each
done
[ -d "$base" ] || fail "no base backup in $folder/base had ended by then"

mkdir -p "$data"
chmod 700 "$data"
cp -a "$base/." "$data/"
{
    echo "restore_command = 'cp \"$folder/wal/%f\" \"%p\"'"
    [ -z "$moment" ] || echo "recovery_target_time = '$moment'"
    echo "recovery_target_action = 'promote'"
    echo "archive_mode = off"
} >> "$data/postgresql.auto.conf"
touch "$data/recovery.signal"
echo "restore: $data follows ${base##*/} up to ${moment:-the end of the archive}; start PostgreSQL on it"
echo "restore: it archives nothing until: ALTER SYSTEM RESET archive_mode"
