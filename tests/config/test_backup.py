"""The backup scripts lead a real PostgreSQL back to a moment; nobody else reads what they keep."""

import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings

from tests.run import server_in

pytestmark = pytest.mark.once

SCRIPTS = settings.BASE_DIR / "config" / "deploy" / "backup"
RECOVERED_WITHIN = 60  # seconds


@dataclass
class House:
    """A PostgreSQL server, the account that runs it, and the folder that it keeps everything in."""

    folder: Path
    server: object
    environment: dict = field(default_factory=dict)

    def run(self, *command, fails: bool = False, **environment) -> str:
        """Run a command as the server's account; return what it said."""
        done = subprocess.run(
            [str(word) for word in command],
            user=self.server.system_user,
            group=self.server.system_user,
            extra_groups=[] if self.server.system_user else None,
            env={**self.environment, **{name: str(value) for name, value in environment.items()}},
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def back_up(self, *words, **environment) -> str:
        """Run `back_up.sh`."""
        return self.run(self.folder / "scripts" / "back_up.sh", *words, **environment)

    def restore(self, *words, fails: bool = False) -> str:
        """Run `restore.sh`."""
        return self.run(self.folder / "scripts" / "restore.sh", *words, fails=fails)

    def control(self, data: Path, *words) -> None:
        """Start or stop a server on this data."""
        self.run("pg_ctl", "--wait", f"--pgdata={data}", f"--log={self.folder}/log", *words)

    def begin(self, data: Path) -> None:
        """Start a server on restored data, and wait until it has read what it is to read."""
        self.control(data, "start")
        until = time.monotonic() + RECOVERED_WITHIN
        while self.sql("SELECT pg_is_in_recovery()") == "t":
            assert time.monotonic() < until
            time.sleep(0.1)

    def sql(self, statement: str) -> str:
        """Return what a statement of the server on PGHOST comes to."""
        shown = self.run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "-c", statement)
        return shown.strip()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with TemporaryDirectory(prefix="fallwerk-backup-") as folder:
        folder = Path(folder)
        # Of 18, the packaged pg_verifybackup crashes before it has read anything.
        server = server_in(folder / "data", postgres_version=16)
        shutil.copytree(SCRIPTS, folder / "scripts")
        (folder / "backups").mkdir()
        (folder / "backups" / "wal").mkdir(mode=0o700)
        (folder / "sockets").mkdir()
        if server.system_user:
            own = pwd.getpwnam(server.system_user)
            for path in [folder, *folder.rglob("*")]:
                if folder / "data" not in [path, *path.parents]:
                    os.chown(path, own.pw_uid, own.pw_gid)
        environment = {
            "PATH": f"{server.bin_path}:/usr/bin:/bin",
            "PGHOST": str(folder / "sockets"),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "TZ": "Europe/Berlin",
        }
        house = House(folder, server, environment)
        archive = f'{folder}/scripts/archive_wal.sh "%p" {folder}/backups/wal/%f'
        with (folder / "data" / "postgresql.auto.conf").open("a") as conf:
            conf.write(
                f"archive_mode = on\narchive_command = '{archive}'\nlisten_addresses = ''\n"
                f"unix_socket_directories = '{folder}/sockets'\nwal_level = replica\n"
            )
        house.control(folder / "data", "restart", "--options=")
        try:
            yield house
        finally:
            subprocess.run(
                [server.bin_path / "pg_ctl", "-D", folder / "restored", "stop", "-m", "immediate"],
                user=server.system_user, capture_output=True, cwd=folder,
            )  # fmt: skip
            server.cleanup()


def as_on_debian(house: House) -> dict:
    """Return an environment in which everybody finds some programs, the others by version alone."""
    linked, programs = house.folder / "linked", house.folder / "programs"
    for folder in (linked, programs / "16"):
        folder.mkdir(parents=True)
    for name in ("psql", "pg_basebackup"):
        (linked / name).symlink_to(house.server.bin_path / name)
    (programs / "16" / "bin").symlink_to(house.server.bin_path)
    return {"PATH": f"{linked}:/usr/bin:/bin", "POSTGRESQL_PROGRAMS": programs}


def readable_by_others(folder: Path) -> list[Path]:
    others = stat.S_IRWXG | stat.S_IRWXO
    # The package that starts the server here leaves a file of its own among the data.
    return [
        path
        for path in folder.rglob("*")
        if path.lstat().st_mode & others and path.name != ".handle_pids.json"
    ]


def test_the_database_is_led_back_to_the_moment_before_a_mishap(house):
    backups, restored = house.folder / "backups", house.folder / "restored"
    house.sql("CREATE TABLE statement (number int)")
    house.sql("INSERT INTO statement VALUES (1)")
    before_all = house.sql("SELECT now()")
    house.sql("SELECT pg_sleep(1)")  # backups are called by the second in which they began
    house.back_up("database", backups)
    house.sql("INSERT INTO statement VALUES (2)")
    house.sql("SELECT pg_sleep(0.2)")
    moment = house.sql("SELECT now()")
    house.sql("DELETE FROM statement")
    house.sql("INSERT INTO statement VALUES (3)")
    house.sql("SELECT pg_switch_wal()")
    house.control(house.folder / "data", "stop")

    assert "no base backup" in house.restore(backups, restored, "2020-01-01 12:00", fails=True)
    assert "no base backup" in house.restore(backups, restored, before_all, fails=True)
    assert "is no time" in house.restore(backups, restored, "yesterday-ish", fails=True)
    house.restore(backups, restored, moment)
    house.begin(restored)
    assert house.sql("SELECT string_agg(number::text, ' ' ORDER BY number) FROM statement") == "1 2"
    assert house.sql("SHOW archive_mode") == "off"  # "the last" stays what it was
    house.control(restored, "stop")

    assert "is not empty" in house.restore(backups, restored, fails=True)
    shutil.rmtree(restored)
    house.restore(backups, restored)
    house.begin(restored)
    assert house.sql("SELECT string_agg(number::text, ' ') FROM statement") == "3"

    # What was kept before the backup that stays is needed no longer.
    house.sql("SELECT pg_switch_wal()")
    house.back_up("database", backups, KEEP=1, **as_on_debian(house))
    assert len(list((backups / "base").iterdir())) == 1
    assert [path for path in (backups / "wal").iterdir() if len(path.name) == 24] == []
    assert readable_by_others(backups) == []


def test_a_segment_is_never_written_over(house):
    archive = house.folder / "scripts" / "archive_wal.sh"
    segment, other = house.folder / "segment", house.folder / "other"
    segment.write_text("log")
    other.write_text("log of somebody else")
    kept = house.folder / "backups" / "segment"

    house.run(archive, segment, kept)
    house.run(archive, segment, kept)
    assert "another content" in house.run(archive, other, kept, fails=True)
    assert kept.read_text() == "log"


@pytest.fixture
def media(house) -> Iterator[Path]:
    folder = house.folder / "media"
    house.run("mkdir", "-p", folder / "documents" / "aa")
    house.run("sh", "-c", f"echo letter > {folder}/documents/aa/one.docx")
    house.run("chmod", "-R", "a+rX", folder)
    yield folder
    shutil.rmtree(folder)


def test_files_are_kept_as_they_are_and_forgotten_when_erased(house, media):
    target = house.folder / "files"
    house.back_up("files", target, MEDIA_ROOT=media)
    (first,) = target.iterdir()
    first = first.rename(target / "20200101T000000Z")  # of another second
    house.run("sh", "-c", f"echo more > {media}/documents/aa/two.docx")
    house.run("rm", media / "documents" / "aa" / "one.docx")
    house.run("mkdir", target / "99.unfinished")
    house.back_up("files", target, MEDIA_ROOT=media, KEEP=2)
    second = max(target.iterdir())

    assert [path.name for path in sorted((second / "documents" / "aa").iterdir())] == ["two.docx"]
    assert (first / "documents" / "aa" / "one.docx").read_text() == "letter\n"
    assert readable_by_others(target) == []
    assert len(list(target.iterdir())) == 2  # nothing unfinished

    second.rename(target / "20200102T000000Z")
    house.back_up("files", target, MEDIA_ROOT=media, KEEP=2)
    kept = sorted(path.name for path in target.iterdir())
    assert kept[0] == "20200102T000000Z"
    assert len(kept) == 2
    same = [target / name / "documents" / "aa" / "two.docx" for name in kept]
    assert same[0].stat().st_ino == same[1].stat().st_ino  # linked, not copied


def test_what_is_not_known_is_refused(house):
    script = house.folder / "scripts" / "back_up.sh"

    assert "files or dump, not letters" in house.run(script, "letters", "x", fails=True)
    assert "back_up.sh database FOLDER" in house.run(script, fails=True)
