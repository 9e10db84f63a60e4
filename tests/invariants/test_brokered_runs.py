"""A run through a broker ends as one through the database, with whoever is killed on the way."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

import pytest

from tests.invariants.brokered_runs import SCENARIOS
from tests.invariants.silent_runs import GIVE_UP_SECONDS

# Where a broker hands out tasks, many processes write: nothing for SQLite.
pytestmark = [pytest.mark.django_db, pytest.mark.many_connections]


@pytest.fixture(scope="module")
def redis_url():
    """A server of its own, reached by a file and gone with this module.

    CI must have one; elsewhere its absence is said and skips.
    """
    server = shutil.which("redis-server")
    missing = None if server else "there is no redis-server; on Debian: apt install redis-server"
    if not find_spec("django_tasks_rq"):
        missing = "what requirements-broker.txt pins is not installed"
    if missing:
        assert os.environ.get("CI") != "true", missing
        pytest.skip(f"runs through a broker are not tried: {missing}")
    with TemporaryDirectory(prefix="redis-") as folder:
        socket = Path(folder) / "redis.sock"
        line = [server, "--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", ""]
        with subprocess.Popen([*line, "--appendonly", "no"], stdout=subprocess.DEVNULL) as process:
            while not socket.exists() and process.poll() is None:
                sleep(0.05)
            yield f"unix://{socket}"
            process.terminate()


@pytest.fixture(scope="module")
def report(killing, redis_url) -> dict:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REDIS_URL", redis_url)
        return killing("tests.invariants.brokered_runs")


def test_each_scenario_was_tried_by_two_workers(report):
    tried = [(each["how"], each["met"]) for each in report["brokered"]]
    assert tried == [(label, [1, 1]) for label, _role in SCENARIOS]


def test_run_is_done_soon(report):
    late = [each["how"] for each in report["brokered"] if each["seconds"] >= GIVE_UP_SECONDS]
    assert late == []


def test_every_column_is_as_one_process_leaves_it(report):
    assert report["alone"]["results"]["findings"] == []
    assert len(report["alone"]["told"]) == len(report["alone"]["results"]["statements"]) > 0
    different = {
        each["how"]: [key for key in each["done"] if each["done"][key] != report["alone"][key]]
        for each in report["brokered"]
    }
    assert not any(different.values()), different


def test_queue_tells_what_the_table_of_the_database_would(report):
    assert report["told"] == {
        "queued twice": [True, False],
        "before it is committed": 0,
        "committed": [1, 2, 0],
        "rolled back": 1,
        "as it is stored": {"command": "publish_due"},
        "health": [2, True],
        "waits": 0,
        "lost by the broker": 1,
        "asked for again": 1,
        "unreachable": "silent",
        "committed all the same": True,
    }
