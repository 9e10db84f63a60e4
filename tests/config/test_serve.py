"""The supervisor of `make run`: what dies is started again, the web server's end ends all."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from config.serve import FIRST_WAIT, LONGEST_WAIT, SETTLED_SECONDS, Part, commands

pytestmark = pytest.mark.once

DIES = [sys.executable, "-c", "raise SystemExit(3)"]


def dead(part: Part, now: float) -> Part:
    part.start(now)
    part.process.wait(20)
    return part


def test_who_dies_is_started_again_after_waits_that_grow(capsys):
    part, now, waits = Part("worker", DIES), 100.0, []
    for _death in range(8):
        dead(part, now)
        part.look(now)
        assert part.process is None
        waits.append(part.again_at - now)
        part.look(part.again_at - 0.01)
        assert part.process is None
        now = part.again_at

    assert waits == [FIRST_WAIT * factor for factor in (1, 2, 4, 8, 16, 32)] + [LONGEST_WAIT] * 2
    assert "worker ended (3); starting it again in 1 s" in capsys.readouterr().out
    part.look(now)
    assert part.process is not None
    part.process.wait(20)


def test_who_lived_long_is_started_again_at_once():
    part = Part("worker", DIES, wait=LONGEST_WAIT)
    dead(part, 100.0)

    part.look(100.0 + SETTLED_SECONDS)

    assert part.again_at == 100.0 + SETTLED_SECONDS + FIRST_WAIT


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SUPERVISED = r"""
import sys
from config.serve import serve
says = "import os, sys, time; os.write(1, b'%s %d\\n' % (sys.argv[1].encode(), os.getpid()))"
stays = says + "; time.sleep({})"
lines = {
    name: [sys.executable, "-c", stays.format(lasts), name]
    for name, lasts in (("web", sys.argv[1]), ("worker", 60), ("scheduler", 60))
}
sys.exit(serve(lines))
"""


def supervised(web_lasts: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(web_lasts)],
        cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def started(process) -> dict[str, int]:
    """Names and numbers of the next three that say they are there."""
    found = {}
    while len(found) < 3:
        line = process.stdout.readline()
        assert line.count(" ") == 1, repr(line)
        found |= {name: int(pid) for name, pid in [line.split()]}
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_them(number):
    with supervised(60) as process:
        pids = started(process)
        process.send_signal(number)
        process.wait(20)

    assert process.returncode == 0
    assert [name for name, pid in pids.items() if alive(pid)] == []


def test_the_end_of_the_web_server_ends_all_and_a_killed_worker_does_not():
    with supervised(4) as process:
        pids = started(process)
        os.kill(pids["worker"], signal.SIGKILL)
        said = process.stdout.readline()
        again = process.stdout.readline()
        while again and not again.startswith("worker "):
            again = process.stdout.readline()
        assert alive(pids["web"])
        process.wait(30)

    assert "worker ended (-9)" in said
    assert int(again.split()[1]) != pids["worker"]
    assert process.returncode == 1
    assert not any(map(alive, [*pids.values(), int(again.split()[1])]))


def test_the_web_server_comes_first_and_listens_to_this_machine_only():
    lines = commands(port="8123", debug=False)

    assert next(iter(lines)) == "web"
    assert "127.0.0.1:8123" in lines["web"]
    assert lines["worker"][-2:] == ["db_worker", "--no-startup-delay"]
    assert lines["scheduler"][-1] == "run_scheduler"


def test_where_a_broker_is_named_the_worker_takes_from_it():
    lines = commands(port="8123", debug=False, broker=True)
    assert lines["worker"][-1] == "broker_worker"
