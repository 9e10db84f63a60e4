"""Serve Fallwerk from one terminal: web server, task worker and scheduler, ended together.

For trying the product (`make run`). In production each of them is a service of its own.

The web server decides: when it ends, everything ends. A worker or scheduler that dies is started
again, after a wait that doubles as long as it keeps dying; what it was doing is taken over from
where it stood (`jobs.runs`), so that nothing is lost and nothing done twice.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

GRACE_SECONDS = 10
LOOK_SECONDS = 0.2
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds until a part is started again: after its first death, and at most."""
SETTLED_SECONDS = 60.0
"""Whoever lived that long begins again with the shortest wait."""


def commands(*, port: str, debug: bool, broker: bool = False) -> dict[str, list[str]]:
    """Return the command lines to run side by side, the web server's first."""
    manage = [sys.executable, "manage.py"]
    worker = ["broker_worker"] if broker else ["db_worker", "--no-startup-delay"]
    address = f"127.0.0.1:{port}"
    gunicorn = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address),
        *("--threads", "8", "--no-control-socket", "--log-level", "warning"),
    ]
    return {
        "web": [*manage, "runserver", address] if debug else gunicorn,
        "worker": [*manage, *worker],
        "scheduler": [*manage, "run_scheduler"],
    }


@dataclass
class Part:
    """A process that is kept alive, or `vital`: the end of it ends everything."""

    name: str
    line: list[str]
    vital: bool = False
    process: subprocess.Popen | None = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    again_at: float = 0.0

    def start(self, now: float) -> None:
        """Start the process."""
        # A group of its own: what the terminal says (Ctrl+C) reaches it once, through `end`.
        self.process = subprocess.Popen(self.line, process_group=0)  # noqa: S603
        self.started = now

    def look(self, now: float) -> None:
        """Notice that the process has died, and start it again once its wait is over."""
        if self.process is None:
            if now >= self.again_at:
                self.start(now)
        elif (code := self.process.poll()) is not None:
            if now - self.started >= SETTLED_SECONDS:
                self.wait = FIRST_WAIT
            _tell(f"{self.name} ended ({code}); starting it again in {self.wait:.0f} s")
            self.process, self.again_at = None, now + self.wait
            self.wait = min(2 * self.wait, LONGEST_WAIT)

    def end(self) -> None:
        """Ask the process to end."""
        if self.process:
            self.process.terminate()

    def bury(self, until: float) -> None:
        """Wait for its end; kill it when that takes too long."""
        if self.process:
            try:
                self.process.wait(max(until - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def serve(lines: dict[str, list[str]], greeting: str = "") -> int:
    """Run all of these until the first of them ends or a signal comes; return the exit code."""
    parts = [Part(name, line, vital=not place) for place, (name, line) in enumerate(lines.items())]
    # Ctrl-C as well: a shell lets what it starts in the background ignore it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        for part in parts:
            part.start(time.monotonic())
        _tell(greeting)
        return _watch(parts)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(parts)


def _watch(parts: list[Part]) -> int:
    """Keep the parts alive; return when the vital one has ended, with its exit code."""
    while True:
        for part in parts:
            if part.vital and (code := part.process.poll()) is not None:
                return code or 1
            if not part.vital:
                part.look(time.monotonic())
        time.sleep(LOOK_SECONDS)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(parts: list[Part]) -> None:
    # Whoever is impatient waits the grace: ending in good order is not interrupted.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    until = time.monotonic() + GRACE_SECONDS
    for part in parts:
        part.end()
    for part in parts:
        part.bury(until)


def _tell(text: str) -> None:
    if text:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def main() -> int:
    """Serve Fallwerk as the environment says: PORT, DEBUG, DATABASE_URL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    port = os.environ.get("PORT") or "8000"
    broker = bool(os.environ.get("REDIS_URL"))
    lines = commands(port=port, debug=os.environ.get("DEBUG") == "1", broker=broker)
    return serve(lines, f"\nFallwerk answers on http://127.0.0.1:{port}/  (Ctrl+C ends it)")


if __name__ == "__main__":
    sys.exit(main())
